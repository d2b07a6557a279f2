import { ALREADY_RUNNING } from '../../admin/control-socket.ts';
import { startApp } from '../../app.ts';
import { loadConfig } from '../../config/load.ts';
import type { Plan } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { holdYoungGeneration } from '../../heap/young-generation.ts';
import { createJsonLog, type Log } from '../../logs/log.ts';
import { openStdout } from '../../logs/stdout.ts';
import { stateFolder, stateFolders } from '../../state-folder.ts';
import { isRunning } from '../ask-running.ts';
import { closeInheritedDescriptors } from '../inherited-descriptors.ts';
import { loadPlanToStart } from '../load-config.ts';
import { createRenderer } from '../output/render.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';
import { handleSignals, hasTerminal } from '../up/signals.ts';
import { consumePassedSocket } from '../up/socket-activation.ts';
import { createStartNotifier } from '../up/start-notifier.ts';

/**
 * Runs the public port and the gateways until SIGINT, SIGTERM or `gwproxy down` (signals.ts). The public port is the
 * socket that systemd passed, if any, else the config's `listen`.
 */
export async function up(options: {
  readonly configFile: string;
  readonly profiles: readonly string[];
  readonly json: boolean;
}): Promise<void> {
  holdYoungGeneration();
  // Before any child process is started, which would inherit the variables.
  const socket = consumePassedSocket(process.env, process.pid);
  const folder = stateFolder(options.configFile, process.env);
  await refuseSecond(options.configFile);
  const loadedAt = Date.now();
  const { plan, disabled, ...inputs } = await loadPlanToStart(options.configFile);
  refuseUnknownProfiles(
    options.profiles,
    plan.profiles.map(({ name }) => name),
    disabled,
  );
  closeInheritedDescriptors();
  const log = process.stdout.isTTY && !options.json ? terminalLog(plan, options.configFile) : createJsonLog();
  const notifyStarter = createStartNotifier(process.env);
  const app = await startApp({
    plan,
    config: {
      load: () => loadConfig(options.configFile, { env: process.env, starts: true }),
      inputs,
      loadedAt,
    },
    report(event) {
      log.report(event);
      notifyStarter(event);
    },
    stateFolder: folder,
    configFile: options.configFile,
    ...(socket === null ? {} : { socket }),
    ...(options.profiles.length > 0 ? { only: options.profiles } : {}),
  });
  handleSignals(app, hasTerminal());
  // No gateway may outlive this process. After SIGKILL, which no handler sees, the guard process kills them.
  process.on('exit', () => {
    app.killNow();
    log.flush();
  });
  await app.stopped;
  await log.drained();
  process.exit(EXIT.ok);
}

/**
 * Throws a CommandError (73) if a gwproxy runs that was started with this path when it was a link to another file: it
 * reads the config by that path again, and so has become the one of this file. One of this very file is found by its
 * control socket.
 */
async function refuseSecond(configFile: string): Promise<void> {
  if (stateFolders(configFile, process.env).length > 1 && (await isRunning(configFile))) {
    throw new CommandError(EXIT.alreadyRunning, ALREADY_RUNNING);
  }
}

function terminalLog(plan: Plan, configFile: string): Log {
  // EIO or EPIPE: the terminal was closed. SIGHUP comes then too, and stops the gateways in order.
  const stdout = openStdout({ closed() {}, failing() {} });
  const report = createRenderer(
    plan.profiles.map((profile) => profile.name),
    {
      write: (text) => stdout.write(text),
      unwritten: () => stdout.unwritten(),
      configFile,
      colour: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    },
  );
  return { report, drained: () => stdout.drained(), flush: () => void stdout.flush() };
}
