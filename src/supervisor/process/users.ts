import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { ProcessSettings } from '../../config/types.ts';
import { hasCode } from '../../util/errno.ts';

/** The account that a gateway runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Null if the system knows only its number. */
  readonly name: string | null;
  readonly home: string | null;
}

/** ms for id(1) to answer: a directory server may hang. */
const ANSWER_WITHIN = 5000;

/** Finds an account in a passwd(5) file by name or number; null if it is not there. */
export function accountIn(passwd: string, user: string): Account | null {
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid, , home] = line.split(':');
    if (name === undefined || (name !== user && uid !== user)) continue;
    if (!isId(uid) || !isId(gid)) continue;
    return { uid: Number(uid), gid: Number(gid), name, home: home || null };
  }
  return null;
}

/** The number of a group in a group(5) file; null if it is not there. */
export function groupIdIn(groups: string, group: string): number | null {
  for (const line of groups.split('\n')) {
    const [name, , gid] = line.split(':');
    if (name === group && isId(gid)) return Number(gid);
  }
  return null;
}

/**
 * The account for a gateway's user and group; null if it has neither, and runs as gwproxy does. Rejects with a text for
 * the operator if one is unknown.
 */
export async function accountFor({
  user,
  group,
}: Pick<ProcessSettings, 'user' | 'group'>): Promise<Account | null> {
  if (user === null && group === null) return null;
  const gid = group === null ? null : await groupId(group);
  if (user === null) {
    const uid = process.getuid?.();
    if (uid === undefined || gid === null)
      throw new Error('this system has no users and groups for processes');
    return { uid, gid, name: null, home: null };
  }
  const account = accountIn(await readList('/etc/passwd'), user) ?? (await accountFromId(user));
  if (account !== null) return gid === null ? account : { ...account, gid };
  if (!isId(user)) throw new Error(`user '${user}' is unknown`);
  if (gid === null) throw new Error(`user ${user} has no group that this system knows; give it a group`);
  return { uid: Number(user), gid, name: null, home: null };
}

async function groupId(group: string): Promise<number> {
  if (isId(group)) return Number(group);
  const gid = groupIdIn(await readList('/etc/group'), group);
  if (gid === null)
    throw new Error(`group '${group}' is unknown; a number works for groups beyond /etc/group`);
  return gid;
}

/** Asks id(1), which also knows accounts that are not in /etc/passwd: those of a directory server, and macOS' own. */
async function accountFromId(user: string): Promise<Account | null> {
  // id(1) would take it for an option.
  if (user.startsWith('-')) return null;
  const [uid, gid] = await Promise.all([idOf('-u', user), idOf('-g', user)]);
  return uid === null || gid === null ? null : { uid, gid, name: isId(user) ? null : user, home: null };
}

function idOf(which: '-u' | '-g', user: string): Promise<number | null> {
  return new Promise((resolve) => {
    // An unknown user, a missing id(1) and a time-out are the same to the caller.
    execFile('id', [which, user], { timeout: ANSWER_WITHIN }, (error, stdout) => {
      const id = stdout.trim();
      resolve(error === null && isId(id) ? Number(id) : null);
    });
  });
}

async function readList(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text);
}

/**
 * The environment of a gateway that runs as another user: HOME, USER and LOGNAME are that user's, unless the profile
 * sets them. A value equal to gwproxy's own was inherited, and is dropped; without HOME a program asks the system for it.
 */
export function environmentOf(
  account: Account,
  env: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const identity = { HOME: account.home, USER: account.name, LOGNAME: account.name };
  const known = Object.entries(identity).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const set = Object.entries(env).filter(
    ([name, value]) => !(Object.hasOwn(identity, name) && value === own[name]),
  );
  return { ...Object.fromEntries(known), ...Object.fromEntries(set) };
}
