import { access } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { xdgFolder } from '../../state-folder.ts';
import { isRunning } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';
import { print } from '../print.ts';
import { runTool, type ToolResult } from './run-tool.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { systemdSocket, systemdUnit } from './systemd.ts';
import { readUnitFile, removeUnitFile, writeUnitFile } from './unit-file.ts';

/** One of systemd's two managers, the user's or the system's. */
export interface Manager {
  readonly system: boolean;
  /** The folder with its units. */
  readonly folder: string;
}

export function managerOf(system: boolean, env: NodeJS.ProcessEnv): Manager {
  if (system) return { system, folder: '/etc/systemd/system' };
  const config = xdgFolder(env['XDG_CONFIG_HOME']) ?? join(env['HOME'] || homedir(), '.config');
  return { system, folder: join(config, 'systemd', 'user') };
}

/**
 * Writes the unit, and lets systemd start it now and at boot; a gwproxy that was started by hand goes on running until it
 * is stopped. Throws a CommandError: 70 if the unit does not start, 1 if systemd does not answer (nothing is written then).
 */
export async function installUnit(
  service: ServiceDefinition,
  manager: Manager,
  configFile: string,
): Promise<void> {
  const { name } = service;
  const systemctl = controlOf(manager);
  requireRoot(manager);
  const version = await systemctl('show', '--property=Version');
  if (!version.ok) throw noSystemd(version, manager, configFile, 'nothing is installed');
  const written = await writeAndReport(join(manager.folder, `${name}.service`), systemdUnit(service));
  const socketFile = join(manager.folder, `${name}.socket`);
  const socket = `${name}.socket`;
  const units = service.socket === null ? [name] : [socket, name];
  if (service.socket !== null) await writeAndReport(socketFile, systemdSocket(service, service.socket));
  else if ((await readUnitFile(socketFile, 'nothing is installed')) !== null) {
    // The old socket would keep listening on the port that gwproxy now opens itself.
    requireOk(await systemctl('disable', '--now', socket));
    await removeUnitFile(socketFile);
    print(`${socketFile} is removed`);
  }
  requireOk(await systemctl('daemon-reload'));

  const shown = commandText(manager);
  if ((await systemctl('is-active', '--quiet', name)).ok) {
    requireOk(await systemctl('enable', ...units));
    print(
      written === 'same'
        ? `${name} is running`
        : `${name} runs with the old unit until \`${shown} restart ${name}\``,
    );
  } else if (await isRunning(configFile)) {
    requireOk(await systemctl('enable', ...units));
    print(
      `a gwproxy that was started by hand goes on running; ${name} takes over at the next boot, or now with ` +
        `\`gwproxy down${configHint(configFile)}\` and \`${shown} start ${units.join(' ')}\``,
    );
  } else {
    const started = await systemctl('enable', '--now', ...units);
    const journal = `journalctl${manager.system ? '' : ' --user'} -u ${name}`;
    if (!started.ok) {
      throw new CommandError(
        EXIT.cannotServe,
        `${name} did not start: ${started.reason}\nits log: ${journal}`,
      );
    }
    print(`${name} is running; its log: ${journal} -f`);
    if (service.socket !== null) {
      print(
        `${socket} listens on ${service.socket} even after \`gwproxy down\`, and the next request starts gwproxy again; ` +
          `\`${shown} stop ${units.join(' ')}\` stops both`,
      );
    }
  }
  if (!manager.system && !(await hasLinger())) {
    print(
      'it starts when you log in and ends when you log out; `loginctl enable-linger` lets it run from boot on',
    );
  }
}

/** Stops the unit and removes its files, if it is installed. Throws a CommandError. */
export async function uninstallUnit(name: string, manager: Manager, configFile: string): Promise<void> {
  const systemctl = controlOf(manager);
  requireRoot(manager);
  const version = await systemctl('show', '--property=Version');
  if (!version.ok) throw noSystemd(version, manager, configFile, 'nothing is removed');
  const file = join(manager.folder, `${name}.service`);
  if ((await readUnitFile(file, 'it is left as it is')) === null) {
    print(`${name} is not installed`);
    return;
  }
  const socketFile = join(manager.folder, `${name}.socket`);
  const hasSocket = (await readUnitFile(socketFile, 'it is left as it is')) !== null;
  // The socket comes first, because it would start the service again.
  requireOk(await systemctl('disable', '--now', ...(hasSocket ? [`${name}.socket`] : []), name));
  await removeUnitFile(file);
  if (hasSocket) await removeUnitFile(socketFile);
  requireOk(await systemctl('daemon-reload'));
  print(
    `${name} is stopped, and ${[file, ...(hasSocket ? [socketFile] : [])].join(' and ')} ${hasSocket ? 'are' : 'is'} removed`,
  );
}

async function writeAndReport(file: string, text: string): Promise<'new' | 'same' | 'changed'> {
  const written = await writeUnitFile(file, text);
  const how = { new: 'is written', same: 'is up to date', changed: 'is updated' }[written];
  print(`${file} ${how}`);
  return written;
}

function controlOf({ system }: Manager): (...args: readonly string[]) => Promise<ToolResult> {
  return (...args) => runTool('systemctl', system ? args : ['--user', ...args]);
}

function commandText({ system }: Manager): string {
  return system ? 'systemctl' : 'systemctl --user';
}

function requireRoot({ system }: Manager): void {
  if (system && process.getuid?.() !== 0) {
    throw new CommandError(
      EXIT.failure,
      'a unit of the system needs root; run the command with sudo, or leave out --system',
    );
  }
}

function requireOk({ ok, reason }: ToolResult): void {
  if (!ok) throw new CommandError(EXIT.failure, `systemctl: ${reason}`);
}

function noSystemd(
  { reason }: ToolResult,
  { system }: Manager,
  configFile: string,
  so: string,
): CommandError {
  const hint = configHint(configFile);
  const lines = [
    `systemd does not answer here, so ${so}: ${reason}`,
    ...(system
      ? []
      : ['a user manager does not answer after su or sudo: log in as that user by ssh or machinectl shell']),
    `in a container, make \`gwproxy up${hint}\` the command, under an init (docker run --init)`,
    `elsewhere, let the machine's own start-up scripts run \`gwproxy up --detach${hint}\``,
  ];
  return new CommandError(EXIT.failure, lines.join('\n'));
}

/** True if the user's manager runs from boot on; logind stores that as a file. */
function hasLinger(): Promise<boolean> {
  return access(join('/var/lib/systemd/linger', userInfo().username)).then(
    () => true,
    () => false,
  );
}
