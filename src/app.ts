import { join } from 'node:path';
import { startControl } from './admin/control-server.ts';
import type { ReloadResult } from './admin/reload-answer.ts';
import { spoolEntries, unreadableEntries } from './admin/spool-view.ts';
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
import { createLogFiles, type LogFiles } from './logs/log-files.ts';
import { logsFolder } from './logs/log-index.ts';
import { throttleRefusals } from './logs/throttle.ts';
import { type ConfigSource, Reloader } from './reload.ts';
import { CONFIG_NAMES, recordConfigName } from './state-folder.ts';
import { servingIn } from './supervised-status.ts';
import { conflictText, findConflict } from './supervisor/ports/port-conflict.ts';
import { createRun } from './supervisor/run/run.ts';
import { createSupervisor } from './supervisor/supervisor.ts';
import { errorCode, errorMessage, hasCode } from './util/errno.ts';
import { version } from './version.ts';

export interface AppOptions {
  readonly plan: Plan;
  /** Where the plan comes from. Without it, the config can be neither reloaded nor watched. */
  readonly config?: ConfigSource;
  readonly report: Report;
  /** A listening TCP socket's file descriptor, to listen on instead of the plan's address. */
  readonly socket?: number;
  /** The folder of the control socket, the logs and the spool; see state-folder.ts. */
  readonly stateFolder: string;
  /** The config file as its user named it, by which commands find this gwproxy even if the file is gone. */
  readonly configFile?: string;
  /** Starts only these profiles, whatever their `start` says; all others wait for `gwproxy start`. */
  readonly only?: readonly string[];
}

export interface App {
  /** The public address that the door listens on. */
  readonly address: { readonly host: string; readonly port: number };
  status(): Promise<Status>;
  /**
   * Reloads the config and applies what differs. Rejects with a CommandError if gwproxy is stopping or has no config
   * file.
   */
  reload(): Promise<ReloadResult>;
  /**
   * Stops the door and the gateways. `atOnce` skips drains and graces, even while a slower stop is in progress.
   * Resolves once no gateway is left.
   */
  stop(how: { readonly signal: string | null; readonly atOnce: boolean }): Promise<void>;
  /** Resolves once everything has stopped, the control socket too. */
  readonly stopped: Promise<void>;
  /**
   * Kills the gateways' remaining processes and flushes the log files before it returns. Must be the last call before
   * gwproxy exits.
   */
  killNow(): void;
}

/**
 * Creates all parts and starts them: first the control socket, so that a second gwproxy on this config fails here; then
 * the door, so that requests are held from the first moment; then the gateways. Rejects with a CommandError: 73 if a
 * gwproxy already runs on this config, 70 if the door cannot listen.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { plan } = options;
  const startedAt = Date.now();
  /** Created once no other gwproxy can run on this config, which would write to the same files. */
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
      spool_error: door.spoolError,
      spool_unreadable: door.spool?.unreadable().length ?? 0,
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
    // Requests on connections that were just accepted are read while there are gateways to answer them.
    if (!atOnce) await door.stopListening();
    // At the same time, so that requests in flight finish while their gateways drain.
    await Promise.all([door.close(grace), supervisor.stop({ atOnce })]);
    await run.close();
    isStopped = true;
    report({ type: 'app.stopped' });
    await files?.close();
    // Not awaited: it waits for its last answer, which may be that to the `down` that waits for this stop.
    void control.close().then(markStopped);
  }

  const app: App = {
    get address() {
      return address;
    },
    status,
    async reload() {
      if (reloader !== undefined) return reloader.reload();
      throw new CommandError(EXIT.usage, 'this gwproxy has no config file to reload');
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
        // Processes that left their group are found by their mark.
        run.killNow();
      }
      files?.flushSync();
    },
  };

  let markStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    markStarted = resolve;
  });
  /** Runs a command once the start is over: a part that is stopped before its start would start all the same. */
  async function onceStarted<T>(command: () => Promise<T>): Promise<T> {
    await started;
    return command();
  }

  /** Throws instead of returning an empty list, since an earlier run may have left deliveries in the spool. */
  function openSpool(): SpoolView {
    if (door.spool !== null) return door.spool;
    throw new CommandError(
      EXIT.failure,
      door.spoolError === null
        ? 'the spool is not open yet; try again in a moment'
        : `the spool is not open: ${door.spoolError}`,
    );
  }

  /** A full disk must not prevent a start; commands then find this gwproxy only while the config file exists. */
  function recordName(configFile: string): void {
    try {
      recordConfigName(options.stateFolder, configFile);
    } catch (error) {
      const reason = `cannot be written: ${errorCode(error) ?? errorMessage(error)}`;
      report({ type: 'run.record', file: join(options.stateFolder, CONFIG_NAMES), reason });
    }
  }

  const control = await startControl({
    folder: options.stateFolder,
    report,
    commands: {
      status,
      down: (atOnce) => onceStarted(() => app.stop({ signal: null, atOnce })),
      start: (profile) => onceStarted(() => supervisor.startProfile(profile)),
      stop: (profile) => onceStarted(() => supervisor.stopProfile(profile)),
      restart: (profile) => onceStarted(() => supervisor.restartProfile(profile)),
      reload: () => onceStarted(() => app.reload()),
      unmatched: () => unmatchedEntries(door.unmatched.list()),
      clearUnmatched: () => door.unmatched.clear(),
      spool: {
        list: () => ({
          spool: spoolEntries(openSpool().list()),
          unreadable: unreadableEntries(openSpool().unreadable()),
        }),
        retry: (chosen) => onceStarted(() => openSpool().retry(chosen)),
        drop: (chosen) => onceStarted(() => openSpool().drop(chosen)),
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
  if (options.configFile !== undefined) recordName(options.configFile);
  await run.begin();
  supervisor.addDoor(door.port);
  try {
    address = await door.listen(options.socket === undefined ? plan.listen : { fd: options.socket });
  } catch (cause) {
    // Commands that wait for the start are then refused, or find everything stopped.
    reloader?.end();
    stopping = Promise.all([supervisor.stop(), run.close(), files.close()]).then(() => {});
    markStarted();
    await Promise.all([stopping, control.close()]);
    const where =
      options.socket === undefined
        ? `${plan.listen.host}:${plan.listen.port}`
        : `the socket that it was passed (fd ${options.socket})`;
    const why = await listenFailure(cause, plan);
    throw new CommandError(EXIT.cannotServe, `the door cannot listen on ${where}: ${why}`, { cause });
  }
  report({ type: 'door.listening', ...address, publicUrl: plan.publicUrl?.href ?? null });
  supervisor.start(options.only);
  markStarted();
  // Last, so that it does not slow down the starts.
  void reloader?.begin();
  return app;
}

/** Why the door cannot listen, and which process has its port. */
async function listenFailure(cause: unknown, { listen, profiles }: Plan): Promise<string> {
  if (!hasCode(cause, 'EADDRINUSE')) return errorMessage(cause);
  const known = profiles.flatMap(({ knownHolders }) => knownHolders);
  const conflict = await findConflict(listen.host, listen.port, known);
  return conflict === null ? 'it was in use a moment ago; try again' : conflictText('it', conflict);
}
