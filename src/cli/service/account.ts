import { userInfo } from 'node:os';
import { CommandError, EXIT } from '../../errors.ts';
import { accountFor } from '../../supervisor/process/users.ts';
import { errorMessage } from '../../util/errno.ts';

/** An account of this machine. */
export interface Account {
  readonly name: string;
  readonly home: string;
}

/** The account that a system unit runs as: the one that called sudo, else the current one. Throws a CommandError. */
export async function serviceAccount(env: NodeJS.ProcessEnv): Promise<Account> {
  const own = userInfo();
  const name = env['SUDO_USER'] || own.username;
  if (name === own.username) return { name, home: own.homedir };
  try {
    const account = await accountFor({ user: name, group: null });
    return { name, home: account?.home ?? '/' };
  } catch (cause) {
    const why = errorMessage(cause);
    throw new CommandError(EXIT.failure, `the account in SUDO_USER cannot be used: ${why}`, { cause });
  }
}
