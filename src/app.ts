import { join } from 'node:path';
import { startControl } from './admin/control-server.ts';
import type { ReloadResult } from './admin/reload-answer.ts';
import { spoolEntries } from './admin/spool-view.ts';
import { orphanedOf, profileStatuses, type Status } from './admin/status.ts';
import { unmatchedEntries } from './admin/unmatched-view.ts';
import { stopTime } from './config/stop-time.ts';
import type { Plan } from './config/types.ts';
import { createDoor, type SpoolView } from './door/door.ts';
import { SPOOL_LIMITS } from './door/spool/store/budget.ts';
import { nodeDisk } from './door/spool/store/disk.ts';
import { FolderStore } from './door/spool/store/folder.ts';
import { CommandError, EXIT } from './errors.ts';
import type { Report } from './events.ts';
import { logsFolder } from './logs/directory.ts';
import { createLogFiles, type LogFiles } from './logs/log-files.ts';
import { throttleRefusals } from './logs/throttle.ts';
import { type ConfigSource, Reloader } from './reload.ts';
import { servingIn } from './supervised-status.ts';
import { describeHolder } from './supervisor/ports/port-owner.ts';
import { createRun } from './supervisor/run/run.ts';
import { createSupervisor } from './supervisor/supervisor.ts';
import { errorMessage, hasCode } from './util/errno.ts';
import { version } from './version.ts';

export interface AppOptions {
  readonly plan: Plan;
  /** Where the plan came from, so that it can be read again and watched; without it neither is done. */
  readonly config?: ConfigSource;
  readonly report: Report;
  /** A listening TCP socket's file descriptor, to listen on instead of the plan's address. */
  readonly socket?: number;
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
   * Reads the config again and applies what differs. Rejects with a CommandError where gwproxy is stopping, or knows
   * of no config.
   */
  reload(): Promise<ReloadResult>;
  /**
   * Ends the door and the gateways; atOnce leaves out drains and graces, also when it is called while a slower
   * stop is under way. Resolves when no gateway is left.
   */
  stop(how: { readonly signal: string | null; readonly atOnce: boolean }): Promise<void>;
  /** Resolves once all is stopped, the control socket too, by whatever asked for it. */
  readonly stopped: Promise<void>;
  /**
   * The last thing that a gwproxy which ends does, and before it returns: kills every process of its gateways that
   * is left, and writes out what waits for the log files.
   */
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
  /** Made once no other gwproxy runs on this config: it would write to the same files. */
  let files: LogFiles | undefined;
  const report = throttleRefusals((event) => {
    files?.report(event);
    options.report(event);
  });
  const run = createRun({ folder: options.stateFolder, report });
  const supervisor = createSupervisor({ plan, report, run });
  const door = createDoor({
    id: 'door',
    supervisor: supervisor.port,
    limits: plan.limits,
    publicUrl: plan.publicUrl,
    report,
    spoolStore: new FolderStore({
      folder: join(options.stateFolder, 'spool'),
      disk: nodeDisk,
      limits: SPOOL_LIMITS,
      now: Date.now,
    }),
  });
  const reloader =
    options.config === undefined
      ? undefined
      : new Reloader({
          plan,
          source: options.config,
          report,
          serving: () => servingIn(supervisor.status()),
          apply(next, diff) {
            supervisor.apply(next, diff);
            door.configure(next);
            files?.apply(next.logs, next.profiles);
          },
        });
  let address = plan.listen;
  let stopping: Promise<void> | undefined;
  let isStopped = false;
  let markStopped = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    markStopped = resolve;
  });

  const status = async (): Promise<Status> => {
    const memory = await supervisor.memory();
    const supervised = supervisor.status();
    return {
      version,
      pid: process.pid,
      listen: `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`,
      uptime_s: Math.floor((Date.now() - startedAt) / 1000),
      profiles: profileStatuses(supervised, door.stats(), memory, files?.dropped() ?? new Map()),
      config_error: reloader?.error ?? null,
      config_pending: reloader?.pending ?? [],
      failing_logs: files?.failing() ?? [],
      orphaned: orphanedOf(door.spool?.counts() ?? new Map(), supervised),
    };
  };

  function profilesNow(): Plan['profiles'] {
    return (reloader?.plan ?? plan).profiles;
  }

  function reportStopping(signal: string | null, atOnce: boolean): void {
    const within = stopTime({ profiles: atOnce ? [] : profilesNow() });
    report({ type: 'app.stopping', signal, atOnce, within });
  }

  async function stopAll(atOnce: boolean): Promise<void> {
    reloader?.end();
    const grace = atOnce ? 0 : Math.max(0, ...profilesNow().map((profile) => profile.stop.drain));
    // Who has just connected is still heard, while there are gateways to answer.
    if (!atOnce) await door.stopListening();
    // Both at once: what is in flight may finish while its gateway drains; nothing new comes in.
    await Promise.all([door.close(grace), supervisor.stop({ atOnce })]);
    await run.close();
    isStopped = true;
    report({ type: 'app.stopped' });
    await files?.close();
    // Not awaited here: it waits for its last answer, and that may be the one to a `down` that waits for us.
    void control.close().then(markStopped);
  }

  const app: App = {
    get address() {
      return address;
    },
    status,
    async reload() {
      if (reloader !== undefined) return reloader.reload();
      throw new CommandError(EXIT.usage, 'this gwproxy has no config file to read again');
    },
    async stop({ signal, atOnce }) {
      if (stopping === undefined) {
        reportStopping(signal, atOnce);
        stopping = stopAll(atOnce);
      } else if (atOnce) {
        reportStopping(signal, atOnce);
        await Promise.all([door.close(0), supervisor.stop({ atOnce })]);
      }
      await stopping;
    },
    stopped,
    killNow() {
      if (!isStopped) {
        supervisor.killNow();
        // What left its group, and so was not reached.
        run.killNow();
      }
      files?.flushSync();
    },
  };

  let markBegun = (): void => {};
  const begun = new Promise<void>((resolve) => {
    markBegun = resolve;
  });
  /** What is stopped before it has begun would begin all the same. */
  async function onceBegun<T>(command: () => Promise<T>): Promise<T> {
    await begun;
    return command();
  }

  /** Nothing would be a lie: what an earlier run kept may lie there. */
  function openSpool(): SpoolView {
    if (door.spool !== null) return door.spool;
    throw new CommandError(
      EXIT.failure,
      'the spool is not open; where it cannot be, `gwproxy logs` says why',
    );
  }

  const control = await startControl({
    folder: options.stateFolder,
    report,
    commands: {
      status,
      down: (atOnce) => onceBegun(() => app.stop({ signal: null, atOnce })),
      start: (profile) => onceBegun(() => supervisor.startProfile(profile)),
      stop: (profile) => onceBegun(() => supervisor.stopProfile(profile)),
      restart: (profile) => onceBegun(() => supervisor.restartProfile(profile)),
      reload: () => onceBegun(() => app.reload()),
      unmatched: () => unmatchedEntries(door.unmatched.list()),
      clearUnmatched: () => door.unmatched.clear(),
      spool: {
        list: () => spoolEntries(openSpool().list()),
        retry: (chosen) => onceBegun(() => openSpool().retry(chosen)),
        drop: (chosen) => onceBegun(() => openSpool().drop(chosen)),
      },
    },
  });
  try {
    await run.assertNoneRuns();
  } catch (error) {
    await control.close();
    throw error;
  }
  files = createLogFiles({
    policy: plan.logs,
    profiles: plan.profiles,
    folder: logsFolder(options.stateFolder),
    report,
  });
  await run.begin();
  supervisor.addDoor(door.port);
  try {
    address = await door.listen(options.socket === undefined ? plan.listen : { fd: options.socket });
  } catch (cause) {
    // Whoever waits to be heard is refused, or finds it stopped.
    reloader?.end();
    stopping = Promise.all([supervisor.stop(), run.close(), files.close()]).then(() => {});
    markBegun();
    await Promise.all([stopping, control.close()]);
    const where =
      options.socket === undefined
        ? `${plan.listen.host}:${plan.listen.port}`
        : `the socket that it was passed (fd ${options.socket})`;
    const why = await unheardReason(cause, plan.listen);
    throw new CommandError(EXIT.cannotServe, `the door cannot listen on ${where}: ${why}`, { cause });
  }
  report({ type: 'door.listening', ...address, publicUrl: plan.publicUrl?.href ?? null });
  supervisor.start(options.only);
  markBegun();
  // After the starts, which it must not slow down.
  void reloader?.begin();
  return app;
}

/** Why the door cannot listen, as a gateway's port that is taken is told; to be asked while it is. */
async function unheardReason(cause: unknown, { host, port }: Plan['listen']): Promise<string> {
  if (hasCode(cause, 'EADDRINUSE')) return `it is in use by ${await describeHolder(host, port)}`;
  return errorMessage(cause);
}
