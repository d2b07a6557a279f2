import { CommandError, EXIT } from '../../errors.ts';
import { serviceAccount } from '../service/account.ts';
import { describeService } from '../service/describe-service.ts';
import { installAgent, uninstallAgent } from '../service/launchctl.ts';
import { launchdAgent } from '../service/launchd.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { installUnit, managerOf, uninstallUnit } from '../service/systemctl.ts';
import { unitTexts } from '../service/systemd.ts';

/**
 * Has the system start gwproxy on that config at boot, takes that back, or prints what would be installed: a systemd
 * unit, with a socket unit beside it where `socket` is set, or on macOS a launchd agent. Throws a CommandError.
 */
export async function service(
  configFile: string,
  action: string,
  { system, socket }: { readonly system: boolean; readonly socket: boolean },
): Promise<void> {
  if (action !== 'install' && action !== 'uninstall' && action !== 'print') {
    throw new CommandError(
      EXIT.usage,
      `write \`gwproxy service install\`, uninstall or print, not '${action}'`,
    );
  }
  const agent = process.platform === 'darwin';
  if (agent && system) {
    throw new CommandError(EXIT.usage, 'on macOS gwproxy is an agent of yours; leave out --system');
  }
  if (agent && socket) {
    throw new CommandError(EXIT.usage, 'sockets are passed by systemd alone; on macOS leave out --socket');
  }
  const account = system ? await serviceAccount(process.env) : null;
  const manager = managerOf(system, process.env);
  if (action === 'uninstall') {
    const name = serviceNameOf(configFile, process.env);
    await (agent ? uninstallAgent(name) : uninstallUnit(name, manager, configFile));
    return;
  }
  const described = await describeService(configFile, { account, socket }, process.env);
  for (const warning of described.warnings) console.error(`warning: ${warning}`);
  const { service } = described;
  if (action === 'print') process.stdout.write(agent ? launchdAgent(service) : unitTexts(service));
  else await (agent ? installAgent(service, configFile) : installUnit(service, manager, configFile));
}
