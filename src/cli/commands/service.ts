import { CommandError, EXIT } from '../../errors.ts';
import { printError } from '../print.ts';
import { serviceAccount } from '../service/account.ts';
import { describeService } from '../service/describe-service.ts';
import { installAgent, uninstallAgent } from '../service/launchctl.ts';
import { launchdAgent } from '../service/launchd.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { installUnit, managerOf, uninstallUnit } from '../service/systemctl.ts';
import { unitTexts } from '../service/systemd.ts';

/**
 * Installs, uninstalls or prints the service that starts gwproxy on this config at boot: a systemd unit, with `socket`
 * a socket unit too, or on macOS a launchd agent. Throws a CommandError.
 */
export async function service(
  configFile: string,
  action: string,
  { system, socket }: { readonly system: boolean; readonly socket: boolean },
): Promise<void> {
  if (action !== 'install' && action !== 'uninstall' && action !== 'print') {
    throw new CommandError(
      EXIT.usage,
      `there is no action '${action}'; choose from install, uninstall and print`,
    );
  }
  const agent = process.platform === 'darwin';
  if (agent && system) {
    throw new CommandError(
      EXIT.usage,
      'on macOS gwproxy runs as an agent of your own user; leave out --system',
    );
  }
  if (agent && socket) {
    throw new CommandError(EXIT.usage, 'only systemd passes sockets; on macOS leave out --socket');
  }
  const account = system ? await serviceAccount(process.env) : null;
  const manager = managerOf(system, process.env);
  if (action === 'uninstall') {
    const name = serviceNameOf(configFile, process.env);
    await (agent ? uninstallAgent(name) : uninstallUnit(name, manager, configFile));
    return;
  }
  const described = await describeService(configFile, { account, socket }, process.env);
  for (const warning of described.warnings) printError(`warning: ${warning}`);
  const { service } = described;
  if (action === 'print') process.stdout.write(agent ? launchdAgent(service) : unitTexts(service));
  else await (agent ? installAgent(service, configFile) : installUnit(service, manager, configFile));
}
