import { startControl } from './admin/control.ts';
import { profileStatuses, type Status } from './admin/status.ts';
import { unmatchedEntries } from './admin/unmatched.ts';
import type { Plan } from './config/types.ts';
import { createDoor } from './door/server.ts';
import { CommandError, EXIT } from './errors.ts';
import type { Report } from './events.ts';
import { throttleRefusals } from './log.ts';
import { createRun } from './supervisor/run.ts';
import { createSupervisor } from './supervisor/supervisor.ts';
import { version } from './version.ts';

export interface AppOptions {
  readonly plan: Plan;
  readonly report: Report;
  /** Where the control socket lies; see state.ts. */
  readonly stateFolder: string;
  /** Start only these profiles, whatever their `start` says; all others wait for `gwproxy start`. */
  readonly only?: readonly string[];
}

export interface App {
  /** The public address that the door listens on. */
  readonly address: { readonly host: string; readonly port: number };
  status(): Promise<Status>;
  /**
   * Ends the door and the gateways; atOnce leaves out drains and graces, also when it is called while a slower
   * stop is under way. Resolves when no gateway is left.
   */
  stop(how: { readonly signal: string | null; readonly atOnce: boolean }): Promise<void>;
  /** Resolves once all is stopped, the control socket too, by whatever asked for it. */
  readonly stopped: Promise<void>;
  /** Kills every gateway's process group, synchronously: the last thing that a dying gwproxy does. */
  killNow(): void;
}

/**
 * Puts the parts together and starts them: the control socket (so that a second gwproxy on this config stops
 * here), the door (so that senders are heard, and held, from the first moment), then the gateways.
 * Throws a CommandError: 73 where one already runs, 70 where the door cannot listen.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { plan } = options;
  const startedAt = Date.now();
  const report = throttleRefusals(options.report);
  const run = createRun({ folder: options.stateFolder, report });
  const supervisor = createSupervisor({ plan, report, run });
  const door = createDoor({
    id: 'door',
    supervisor: supervisor.port,
    limits: plan.limits,
    publicUrl: plan.publicUrl,
    report,
  });
  let address = plan.listen;
  let stopping: Promise<void> | undefined;
  let markStopped = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    markStopped = resolve;
  });

  const status = async (): Promise<Status> => ({
    version,
    pid: process.pid,
    listen: `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`,
    uptime_s: Math.floor((Date.now() - startedAt) / 1000),
    profiles: await profileStatuses(supervisor.status(), door.stats(), new Map()),
    config_error: null,
    config_pending: [],
  });

  async function stopAll(atOnce: boolean): Promise<void> {
    const grace = atOnce ? 0 : Math.max(0, ...plan.profiles.map((profile) => profile.stop.drain));
    // Both at once: what is in flight may finish while its gateway drains; nothing new comes in.
    await Promise.all([door.close(grace), supervisor.stop({ atOnce })]);
    await run.close();
    report({ type: 'app.stopped' });
    // Not awaited here: it waits for its last answer, and that may be the one to a `down` that waits for us.
    void control.close().then(markStopped);
  }

  const app: App = {
    get address() {
      return address;
    },
    status,
    async stop({ signal, atOnce }) {
      if (stopping === undefined) {
        report({ type: 'app.stopping', signal, atOnce });
        stopping = stopAll(atOnce);
      } else if (atOnce) {
        report({ type: 'app.stopping', signal, atOnce });
        await Promise.all([door.close(0), supervisor.stop({ atOnce })]);
      }
      await stopping;
    },
    stopped,
    killNow: () => supervisor.killNow(),
  };

  const control = await startControl({
    folder: options.stateFolder,
    commands: {
      status,
      down: (atOnce) => app.stop({ signal: null, atOnce }),
      start: (profile) => supervisor.startProfile(profile),
      stop: (profile) => supervisor.stopProfile(profile),
      restart: (profile) => supervisor.restartProfile(profile),
      unmatched: () => unmatchedEntries(door.unmatched.list()),
      clearUnmatched: () => door.unmatched.clear(),
    },
  });
  await run.begin();
  supervisor.addDoor(door.port);
  try {
    address = await door.listen(plan.listen);
  } catch (cause) {
    await Promise.all([control.close(), run.close()]);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(
      EXIT.cannotServe,
      `the door cannot listen on ${plan.listen.host}:${plan.listen.port}: ${why}`,
      { cause },
    );
  }
  report({ type: 'door.listening', ...address, publicUrl: plan.publicUrl?.href ?? null });
  supervisor.start(options.only);
  return app;
}
