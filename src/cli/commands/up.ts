import { startApp } from '../../app.ts';
import { loadConfig } from '../../config/load.ts';
import type { Plan } from '../../config/types.ts';
import { EXIT } from '../../errors.ts';
import { holdYoungGeneration } from '../../heap/young-generation.ts';
import { createJsonLog, type Log } from '../../logs/log.ts';
import { openStdout } from '../../logs/stdout.ts';
import { stateFolder } from '../../state-folder.ts';
import { loadPlan } from '../load-config.ts';
import { createRenderer } from '../output/render.ts';
import { refuseUnknownProfiles } from '../unknown-profile.ts';
import { handleSignals, hasTerminal } from '../up/signals.ts';
import { consumePassedSocket } from '../up/socket-activation.ts';
import { createStartNotifier } from '../up/start-notifier.ts';

/**
 * Runs the door and the gateways until SIGINT, SIGTERM or `gwproxy down`; signals.ts says what each does. The
 * door listens on the socket that systemd passed, where it passed one, else as the config says.
 */
export async function up(options: {
  readonly configFile: string;
  readonly profiles: readonly string[];
  readonly json: boolean;
}): Promise<void> {
  holdYoungGeneration();
  // Before anything is started that would inherit its variables.
  const socket = consumePassedSocket(process.env, process.pid);
  const folder = stateFolder(options.configFile, process.env);
  const loadedAt = Date.now();
  const { plan, disabled, ...looked } = await loadPlan(options.configFile);
  refuseUnknownProfiles(
    options.profiles,
    plan.profiles.map(({ name }) => name),
    disabled,
  );
  const log = process.stdout.isTTY && !options.json ? terminalLog(plan, options.configFile) : createJsonLog();
  const tellStarter = createStartNotifier(process.env);
  const app = await startApp({
    plan,
    config: { load: () => loadConfig(options.configFile, { env: process.env }), looked, loadedAt },
    report(event) {
      log.report(event);
      tellStarter(event);
    },
    stateFolder: folder,
    ...(socket === null ? {} : { socket }),
    ...(options.profiles.length > 0 ? { only: options.profiles } : {}),
  });
  handleSignals(app, hasTerminal());
  // Whatever ends this process, no gateway outlives it (but for SIGKILL, which nobody hears).
  process.on('exit', () => {
    app.killNow();
    log.flush();
  });
  await app.stopped;
  await log.drained();
  process.exit(EXIT.ok);
}

function terminalLog(plan: Plan, configFile: string): Log {
  // EIO or EPIPE: the terminal has gone. SIGHUP tells the same, and the gateways are stopped in order.
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
