import { once } from 'node:events';
import { CommandError, EXIT } from '../../errors.ts';
import { type LogIndex, OWN_LOG } from '../../logs/log-index.ts';
import { errorMessage } from '../../util/errno.ts';
import { createLineLabeller } from '../output/labelled-lines.ts';
import { printError } from '../print.ts';
import { type LogEntry, mergeByTime, outputEntry, ownEntry } from './log-entries.ts';
import { LogFollower } from './log-follower.ts';

export interface LogViewOptions {
  /** Empty for all profiles; `gwproxy` names gwproxy's own log. */
  readonly profiles: readonly string[];
  /** How many of each file's last lines are printed first. */
  readonly count: number;
  readonly timestamps?: boolean;
}

interface WatchedLog {
  follower: LogFollower;
  /** The follower of the file that the log moved to; it takes over when the old file is read to its end. */
  next: LogFollower | null;
  /** Epoch ms of its last line. */
  at: number;
}

/** Follows the log files that `gwproxy logs` shows, and writes their lines to stdout. */
export class LogView {
  readonly #options: LogViewOptions;
  readonly #watched = new Map<string, WatchedLog>();
  #lineOf = createLineLabeller([], false);
  /** Epoch ms of the first `printNew`. */
  #begunAt: number | null = null;

  constructor(options: LogViewOptions) {
    this.#options = options;
  }

  /** Sets the files to follow; called again when files have moved or profiles were added. */
  setSources(found: LogIndex): void {
    const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
    this.#lineOf = createLineLabeller([...found.profiles.keys()], colour);
    const named = this.#options.profiles;
    for (const name of new Set(named.length > 0 ? named : found.profiles.keys())) {
      const path = name === OWN_LOG ? found.own : found.profiles.get(name);
      if (path !== undefined) this.#watch(name, path);
    }
  }

  #watch(name: string, path: string): void {
    const known = this.#watched.get(name);
    if (known?.follower.path === path) {
      known.next = null;
      return;
    }
    if (known?.next?.path === path) return;
    const follower = new LogFollower(path, (text) => printError(`warning: ${text}`));
    if (known !== undefined) {
      known.next = follower;
      return;
    }
    // A profile that was added meanwhile is shown from its first line on, beyond `count` too.
    if (this.#begunAt !== null) follower.startFrom(this.#begunAt);
    this.#watched.set(name, { follower, next: null, at: 0 });
  }

  /**
   * Prints each file's last lines the first time, later the lines that were added since; false if there were none. Throws
   * a CommandError if a file cannot be read.
   */
  async printNew(): Promise<boolean> {
    const begunAt = this.#begunAt;
    this.#begunAt ??= Date.now();
    const all: (readonly LogEntry[])[] = [];
    for (const [name, watched] of this.#watched) {
      try {
        const lines =
          begunAt === null
            ? await watched.follower.readLast(this.#options.count)
            : await readNewLines(watched, begunAt);
        all.push(lines.flatMap((line) => entry(name, line, watched) ?? []));
      } catch (cause) {
        const why = errorMessage(cause);
        throw new CommandError(EXIT.failure, `${name}: its log cannot be read: ${why}`, { cause });
      }
    }
    const text = mergeByTime(all)
      .map((entry) => this.#format(entry))
      .join('');
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    return text !== '';
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ follower }) => follower.close()));
  }

  #format({ name, at, mark, text, red }: LogEntry): string {
    const stamped = this.#options.timestamps ? `${new Date(at).toISOString()} ${text}` : text;
    return this.#lineOf(name, mark, stamped, { red });
  }
}

async function readNewLines(watched: WatchedLog, begunAt: number): Promise<readonly string[]> {
  const lines = await watched.follower.readNew();
  if (lines.length > 0 || watched.next === null) return lines;
  await watched.follower.close();
  watched.follower = watched.next;
  watched.next = null;
  watched.follower.startFrom(Math.max(begunAt, watched.at));
  return watched.follower.readNew();
}

function entry(name: string, line: string, watched: WatchedLog): LogEntry | null {
  const read = name === OWN_LOG ? ownEntry(name, line, watched.at) : outputEntry(name, line, watched.at);
  if (read !== null) watched.at = read.at;
  return read;
}
