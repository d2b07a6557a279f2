import { access } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { isRunning } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';
import { runTool, type ToolResult } from './run-tool.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { systemdSocket, systemdUnit } from './systemd.ts';
import { readUnitFile, removeUnitFile, writeUnitFile } from './unit-file.ts';

/** One manager of systemd: the user's own, or the system's. */
export interface Manager {
  readonly system: boolean;
  /** Where its units lie. */
  readonly folder: string;
}

export function managerOf(system: boolean, env: NodeJS.ProcessEnv): Manager {
  if (system) return { system, folder: '/etc/systemd/system' };
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return { system, folder: join(config, 'systemd', 'user') };
}

/**
 * Writes the unit and has systemd start it, now and at boot. A gwproxy that was started by hand goes on, and the unit
 * waits. Throws a CommandError: 70 where it does not start, 1 where systemd does not answer, then nothing is written.
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
    // It would go on listening, beside a gwproxy that does so itself.
    requireOk(await systemctl('disable', '--now', socket));
    await removeUnitFile(socketFile);
    console.log(`${socketFile} is removed`);
  }
  requireOk(await systemctl('daemon-reload'));

  const shown = commandText(manager);
  if ((await systemctl('is-active', '--quiet', name)).ok) {
    requireOk(await systemctl('enable', ...units));
    console.log(
      written === 'same'
        ? `${name} is running`
        : `${name} runs on with the unit as it was, until \`${shown} restart ${name}\``,
    );
  } else if (await isRunning(configFile)) {
    requireOk(await systemctl('enable', ...units));
    console.log(
      `a gwproxy that was started by hand runs on; from the next boot on it is ${name}; at once with ` +
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
    console.log(`${name} is running; its log: ${journal} -f`);
    if (service.socket !== null) {
      console.log(
        `${socket} listens on ${service.socket} also after \`gwproxy down\`, and the next request starts it again; ` +
          `both end with \`${shown} stop ${units.join(' ')}\``,
      );
    }
  }
  if (!manager.system && !(await hasLinger())) {
    console.log(
      'it starts when you log in, and ends when you log out; from boot on with `loginctl enable-linger`',
    );
  }
}

/** Stops it and takes the unit away; nothing where there is none. Throws a CommandError. */
export async function uninstallUnit(name: string, manager: Manager, configFile: string): Promise<void> {
  const systemctl = controlOf(manager);
  requireRoot(manager);
  const version = await systemctl('show', '--property=Version');
  if (!version.ok) throw noSystemd(version, manager, configFile, 'nothing is removed');
  const file = join(manager.folder, `${name}.service`);
  if ((await readUnitFile(file, 'it is left as it is')) === null) {
    console.log(`${name} is not installed`);
    return;
  }
  const socketFile = join(manager.folder, `${name}.socket`);
  const hasSocket = (await readUnitFile(socketFile, 'it is left as it is')) !== null;
  // The socket first: it would start the service again.
  requireOk(await systemctl('disable', '--now', ...(hasSocket ? [`${name}.socket`] : []), name));
  await removeUnitFile(file);
  if (hasSocket) await removeUnitFile(socketFile);
  requireOk(await systemctl('daemon-reload'));
  console.log(`${name} is stopped, and ${[file, ...(hasSocket ? [socketFile] : [])].join(' and ')} removed`);
}

async function writeAndReport(file: string, text: string): Promise<'new' | 'same' | 'changed'> {
  const written = await writeUnitFile(file, text);
  const how = { new: 'is written', same: 'is as it should be', changed: 'is written anew' }[written];
  console.log(`${file} ${how}`);
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
      'a unit of the system needs root: put sudo before it, or leave out --system',
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
    ...(system ? [] : ['after su or sudo it does not: log in as that user, by ssh or machinectl shell']),
    `in a container, make \`gwproxy up${hint}\` its command, under an init (docker run --init)`,
    `elsewhere, have what starts this machine run \`gwproxy up --detach${hint}\``,
  ];
  return new CommandError(EXIT.failure, lines.join('\n'));
}

/** Whether the user's manager runs from boot on (logind's own mark). */
function hasLinger(): Promise<boolean> {
  return access(join('/var/lib/systemd/linger', userInfo().username)).then(
    () => true,
    () => false,
  );
}
