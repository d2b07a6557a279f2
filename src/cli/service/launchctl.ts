import { homedir } from 'node:os';
import { join } from 'node:path';
import { CommandError, EXIT } from '../../errors.ts';
import { makeStateFolder } from '../../state-folder.ts';
import { isRunning } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';
import { print } from '../print.ts';
import { launchdAgent } from './launchd.ts';
import { runTool } from './run-tool.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { removeUnitFile, writeUnitFile } from './unit-file.ts';

/** Writes the agent, and lets launchd start it now and at login. Throws a CommandError. */
export async function installAgent(service: ServiceDefinition, configFile: string): Promise<void> {
  const { name, stateFolder } = service;
  const file = agentFile(name);
  // launchd opens the log file in this folder before gwproxy starts.
  makeStateFolder(stateFolder);
  const written = await writeUnitFile(file, launchdAgent(service));
  print({ new: `${file} is written`, same: `${file} is up to date`, changed: `${file} is updated` }[written]);
  if ((await runTool('launchctl', ['print', target(name)])).ok) {
    if (written === 'same') {
      print(`${name} is loaded`);
      return;
    }
    await runTool('launchctl', ['bootout', target(name)]);
  } else if (await isRunning(configFile)) {
    print(
      `a gwproxy that was started by hand goes on running; ${name} takes over at the next login, or now with ` +
        `\`gwproxy down${configHint(configFile)}\` and \`gwproxy service install${configHint(configFile)}\``,
    );
    return;
  }
  const loaded = await runTool('launchctl', ['bootstrap', domain(), file]);
  if (!loaded.ok) throw new CommandError(EXIT.cannotServe, `launchctl: ${loaded.reason}`);
  print(`${name} is loaded, and starts when you log in; see \`gwproxy status${configHint(configFile)}\``);
}

/** Stops the agent and removes its file, if it is installed. Throws a CommandError. */
export async function uninstallAgent(name: string): Promise<void> {
  const file = agentFile(name);
  if (!(await removeUnitFile(file))) {
    print(`${name} is not installed`);
    return;
  }
  // It fails if the agent is not loaded; then nothing has to be stopped.
  await runTool('launchctl', ['bootout', target(name)]);
  print(`${name} is stopped, and ${file} is removed`);
}

function agentFile(name: string): string {
  return join(process.env['HOME'] || homedir(), 'Library', 'LaunchAgents', `${name}.plist`);
}

function domain(): string {
  return `gui/${process.getuid?.() ?? 0}`;
}

function target(name: string): string {
  return `${domain()}/${name}`;
}
