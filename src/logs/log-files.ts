import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogPolicy } from '../config/types.ts';
import type { Report } from '../events.ts';
import { BoundedBudget } from '../util/bounded-budget.ts';
import { systemMessage } from '../util/errno.ts';
import { Archive } from './archive.ts';
import { jsonLines } from './json-lines.ts';
import { LogFile } from './log-file.ts';
import { defaultLogPath, OWN_LOG, writeLogIndex } from './log-index.ts';
import { outputLine, remarkLine } from './log-line.ts';

const ROOM_BYTES = 16 * 1024 * 1024;
const RETRY_AFTER = 3000;
/** Profiles that are no longer in the config, and whose gateways may still write output. */
const MOST_FORMER = 1000;
/** ms that close() may take: a disk that hangs must not keep gwproxy from ending. */
const CLOSE_WITHIN = 2000;

export interface LoggedProfile {
  readonly name: string;
  /** An absolute path; null: `<profile>.log` in the logs folder. */
  readonly logFile: string | null;
}

export interface LogFilesOptions {
  readonly policy: LogPolicy;
  /** In the config's order. */
  readonly profiles: readonly LoggedProfile[];
  /** The logs folder in the state folder; the files are here unless the policy names another folder. */
  readonly folder: string;
  /** Receives the events about the files; may pass them on to `LogFiles.report`. */
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

/** The log files of the profiles and gwproxy's own log. No call but `idle` and `close` waits for a disk. */
export interface LogFiles {
  /** Logs every event: a gateway's output to its profile's file, all others to gwproxy's own log. */
  readonly report: Report;
  /** Applies a changed config. */
  apply(policy: LogPolicy, profiles: readonly LoggedProfile[]): void;
  /** The log file of that profile; undefined if there is no such profile. */
  fileOf(profile: string): string | undefined;
  /** Lost lines since the start, by profile (and `gwproxy`); those that lost none are left out. */
  dropped(): ReadonlyMap<string, number>;
  /** Files that cannot be written now. */
  failing(): readonly FailingLog[];
  /** Resolves when everything is written and compressed, or has failed. */
  idle(): Promise<void>;
  /** Writes the waiting lines and closes the files; resolves after 2 s in any case. */
  close(): Promise<void>;
  /** Writes the waiting lines before it returns, for the 'exit' of the process. */
  flushSync(): void;
}

export function createLogFiles(options: LogFilesOptions): LogFiles {
  const { folder, report, now = Date.now, retryAfter = RETRY_AFTER } = options;
  const room = new BoundedBudget(ROOM_BYTES);
  const archive = new Archive(report);
  const dropped = new Map<string, number>();
  /** By path, since a changed config may name the same file for another profile. */
  const files = new Map<string, LogFile>();
  let policy = options.policy;
  let paths: ReadonlyMap<string, string> = new Map();
  let former: ReadonlyMap<string, string> = new Map();
  let own = '';
  let indexWrite: Promise<void> = Promise.resolve();

  function countLost(name: string, lines: number): void {
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
      lost: (lines) => countLost(name, lines),
      gap: (lines, reason) =>
        name === OWN_LOG ? '' : remarkLine(now(), `lines are missing here (${reason}): ${lines}`),
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
    own = join(where, `${OWN_LOG}.log`);
    const before = [...former, ...paths];
    paths = new Map(profiles.map(({ name, logFile }) => [name, logFile ?? defaultLogPath(where, name)]));
    former = new Map(before.filter(([name]) => !paths.has(name)).slice(-MOST_FORMER));
    const used = new Set([own, ...paths.values()]);
    for (const [path, file] of files) {
      if (used.has(path)) file.apply(policy);
      else file.release();
    }
    const entries = { own, profiles: paths };
    indexWrite = indexWrite
      .then(() => writeLogIndex(folder, entries))
      .catch((error: unknown) => report({ type: 'log.failed', file: folder, reason: systemMessage(error) }));
  }

  const writeOwn = jsonLines((line) => fileAt(own, OWN_LOG).write(line));
  apply(policy, options.profiles);
  return {
    report(event) {
      if (event.type === 'gateway.output') {
        fileFor(event.profile).write(outputLine(now(), event.stream, event.line));
        return;
      }
      if (event.type === 'output.dropped') {
        countLost(event.profile, event.lines);
        const text = `lines are missing here, since they came too fast: ${event.lines}`;
        fileFor(event.profile).write(remarkLine(now(), text));
      }
      writeOwn(event);
    },
    apply,
    fileOf: (profile) => paths.get(profile),
    dropped: () => dropped,
    failing: () =>
      [...files.values()].flatMap(({ path, failing }) =>
        failing === null ? [] : [{ file: path, reason: failing }],
      ),
    async idle() {
      await Promise.all([indexWrite, ...[...files.values()].map((file) => file.idle())]);
      await archive.idle();
    },
    async close() {
      const all = [indexWrite, archive.close(), ...[...files.values()].map((file) => file.close())];
      await Promise.race([Promise.all(all), pause(CLOSE_WITHIN, undefined, { ref: false })]);
    },
    flushSync() {
      for (const file of files.values()) file.flushSync();
    },
  };
}
