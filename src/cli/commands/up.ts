import { distance } from 'fastest-levenshtein';
import { type App, startApp } from '../../app.ts';
import type { Plan } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { createJsonLog, type JsonLog } from '../../log.ts';
import { stateFolder } from '../../state.ts';
import { loadPlan } from '../config.ts';
import { createRenderer } from '../render.ts';

/** Runs the door and the gateways until SIGINT, SIGTERM or `gwproxy down`; a second signal stops at once. */
export async function up(options: {
  readonly configFile: string;
  readonly profiles: readonly string[];
  readonly json: boolean;
}): Promise<void> {
  const folder = stateFolder(options.configFile, process.env);
  const { plan } = await loadPlan(options.configFile);
  refuseUnknown(options.profiles, plan);
  const log = process.stdout.isTTY && !options.json ? terminalLog(plan) : createJsonLog();
  const app = await startApp({
    plan,
    report: log.report,
    stateFolder: folder,
    ...(options.profiles.length > 0 ? { only: options.profiles } : {}),
  });
  stopOnSignals(app);
  // Whatever ends this process, no gateway outlives it (but for SIGKILL, which nobody hears).
  process.on('exit', () => {
    app.killNow();
    log.flush();
  });
  await app.stopped;
  process.exit(EXIT.ok);
}

function stopOnSignals(app: App): void {
  let stopping = false;
  // A closing terminal sends SIGHUP: without this it would end gwproxy and leave the gateways.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      void app.stop({ signal, atOnce: stopping });
      stopping = true;
    });
  }
}

function terminalLog(plan: Plan): JsonLog {
  // EIO or EPIPE: the terminal has gone. SIGHUP tells the same, and the gateways are stopped in order.
  process.stdout.on('error', () => {});
  const report = createRenderer(
    plan.profiles.map((profile) => profile.name),
    {
      write: (text) => process.stdout.write(text),
      unwritten: () => process.stdout.writableLength,
      colour: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    },
  );
  return { report, flush: () => {} };
}

function refuseUnknown(names: readonly string[], plan: Plan): void {
  const known = plan.profiles.map((profile) => profile.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const [nearest] = [...known].sort((a, b) => distance(a, name) - distance(b, name));
    throw new CommandError(EXIT.usage, `there is no profile '${name}'; did you mean '${nearest}'?`);
  }
}
