import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogPolicy } from '../config/types.ts';
import type { Report } from '../events.ts';
import { BoundedBudget } from '../util/bounded-budget.ts';
import { systemMessage } from '../util/errno.ts';
import { Archive } from './archive.ts';
import { defaultLogPath, OWN, writeDirectory } from './directory.ts';
import { jsonLines } from './json-lines.ts';
import { LogFile } from './log-file.ts';
import { outputLine, remarkLine } from './log-line.ts';

const ROOM_BYTES = 16 * 1024 * 1024;
const RETRY_AFTER = 3000;
/** Profiles that the config has no more, and whose gateways may still say something. */
const MOST_FORMER = 1000;
/** A disk that hangs must not keep a stopped gwproxy. */
const CLOSE_WITHIN = 2000;

export interface LoggedProfile {
  readonly name: string;
  /** Absolute; null: named after the profile, in the logs' folder. */
  readonly logFile: string | null;
}

export interface LogFilesOptions {
  readonly policy: LogPolicy;
  /** In the config's order. */
  readonly profiles: readonly LoggedProfile[];
  /** The state folder's own for logs: where they lie unless the policy says otherwise. */
  readonly folder: string;
  /** What happens to the files; it may pass all on to this one's own report. */
  readonly report: Report;
  /** Epoch ms. */
  readonly now?: () => number;
  /** ms until a file that could not be written is tried again. */
  readonly retryAfter?: number;
}

/** A log file that cannot be written, and why. */
export interface FailingLog {
  readonly file: string;
  readonly reason: string;
}

/** The files of gateways' output, and gwproxy's own log. Nobody ever waits for them. */
export interface LogFiles {
  /** Takes every event: output goes to its profile's file, all else to gwproxy's own. */
  readonly report: Report;
  /** From now on as a changed config has it. */
  apply(policy: LogPolicy, profiles: readonly LoggedProfile[]): void;
  /** Where that profile's output goes; undefined for a name that is no profile's. */
  fileOf(profile: string): string | undefined;
  /** Lines that no file holds, since the start: by profile (and `gwproxy`), whoever lost any. */
  dropped(): ReadonlyMap<string, number>;
  /** What cannot be written now: from its log.failed to its log.resumed. */
  failing(): readonly FailingLog[];
  /** Resolves when all that waits is written and compressed, or cannot be. */
  idle(): Promise<void>;
  /** Writes what waits and closes the files; gives up after 2 s. */
  close(): Promise<void>;
  /** Writes what waits before it returns, for the 'exit' of the process. */
  flushSync(): void;
}

export function createLogFiles(options: LogFilesOptions): LogFiles {
  const { folder, report, now = Date.now, retryAfter = RETRY_AFTER } = options;
  const room = new BoundedBudget(ROOM_BYTES);
  const archive = new Archive(report);
  const dropped = new Map<string, number>();
  /** By path: two configs after each other may name the same file. */
  const files = new Map<string, LogFile>();
  let policy = options.policy;
  let paths: ReadonlyMap<string, string> = new Map();
  let former: ReadonlyMap<string, string> = new Map();
  let own = '';
  let directory: Promise<void> = Promise.resolve();

  function lose(name: string, lines: number): void {
    dropped.set(name, (dropped.get(name) ?? 0) + lines);
  }

  function fileAt(path: string, name: string): LogFile {
    const known = files.get(path);
    if (known !== undefined) return known;
    const file = new LogFile(policy, {
      path,
      archive,
      room,
      report,
      now,
      retryAfter,
      lost: (lines) => lose(name, lines),
      gap: (lines, reason) =>
        name === OWN ? '' : remarkLine(now(), `lines are missing here (${reason}): ${lines}`),
    });
    files.set(path, file);
    return file;
  }

  function fileFor(profile: string): LogFile {
    const path = paths.get(profile) ?? former.get(profile);
    return fileAt(path ?? defaultLogPath(policy.folder ?? folder, profile), profile);
  }

  function apply(changed: LogPolicy, profiles: readonly LoggedProfile[]): void {
    policy = changed;
    const where = policy.folder ?? folder;
    own = join(where, `${OWN}.log`);
    const before = [...former, ...paths];
    paths = new Map(profiles.map(({ name, logFile }) => [name, logFile ?? defaultLogPath(where, name)]));
    former = new Map(before.filter(([name]) => !paths.has(name)).slice(-MOST_FORMER));
    const used = new Set([own, ...paths.values()]);
    for (const [path, file] of files) {
      if (used.has(path)) file.apply(policy);
      else file.release();
    }
    const written = { own, profiles: paths };
    directory = directory
      .then(() => writeDirectory(folder, written))
      .catch((error: unknown) => report({ type: 'log.failed', file: folder, reason: systemMessage(error) }));
  }

  const toOwn = jsonLines((line) => fileAt(own, OWN).write(line));
  apply(policy, options.profiles);
  return {
    report(event) {
      if (event.type === 'gateway.output') {
        fileFor(event.profile).write(outputLine(now(), event.stream, event.line));
        return;
      }
      if (event.type === 'output.dropped') {
        lose(event.profile, event.lines);
        const text = `lines are missing here, since they came too fast: ${event.lines}`;
        fileFor(event.profile).write(remarkLine(now(), text));
      }
      toOwn(event);
    },
    apply,
    fileOf: (profile) => paths.get(profile),
    dropped: () => dropped,
    failing: () =>
      [...files.values()].flatMap(({ path, failing }) =>
        failing === null ? [] : [{ file: path, reason: failing }],
      ),
    async idle() {
      await Promise.all([directory, ...[...files.values()].map((file) => file.idle())]);
      await archive.idle();
    },
    async close() {
      const all = [directory, archive.close(), ...[...files.values()].map((file) => file.close())];
      await Promise.race([Promise.all(all), pause(CLOSE_WITHIN, undefined, { ref: false })]);
    },
    flushSync() {
      for (const file of files.values()) file.flushSync();
    },
  };
}
