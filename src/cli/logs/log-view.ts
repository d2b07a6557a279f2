import { once } from 'node:events';
import { CommandError, EXIT } from '../../errors.ts';
import { type LogDirectory, OWN } from '../../logs/directory.ts';
import { errorMessage } from '../../util/errno.ts';
import { createLineLabeller } from '../output/labelled-lines.ts';
import { type LogEntry, mergeByTime, outputEntry, ownEntry } from './log-entries.ts';
import { LogFollower } from './log-follower.ts';

export interface LogViewOptions {
  /** None: all. `gwproxy` is gwproxy's own log. */
  readonly profiles: readonly string[];
  /** So many of each file's last lines come first. */
  readonly count: number;
  readonly timestamps?: boolean;
}

interface WatchedLog {
  follower: LogFollower;
  /** Of the file that its lines go to now; its turn comes when the one before is read to its end. */
  next: LogFollower | null;
  /** Epoch ms of its last line. */
  at: number;
}

/** What `gwproxy logs` shows: the files that it looks at, and how their lines are written to stdout. */
export class LogView {
  readonly #options: LogViewOptions;
  readonly #watched = new Map<string, WatchedLog>();
  #lineOf = createLineLabeller([], false);
  /** Epoch ms of the first look. */
  #begunAt: number | null = null;

  constructor(options: LogViewOptions) {
    this.#options = options;
  }

  /** Looks there from now on: files may have moved, and profiles come. */
  setSources(found: LogDirectory): void {
    const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
    this.#lineOf = createLineLabeller([...found.profiles.keys()], colour);
    const named = this.#options.profiles;
    for (const name of new Set(named.length > 0 ? named : found.profiles.keys())) {
      const path = name === OWN ? found.own : found.profiles.get(name);
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
    const follower = new LogFollower(path, (text) => console.error(`warning: ${text}`));
    if (known !== undefined) {
      known.next = follower;
      return;
    }
    // What it says meanwhile is news, however many lines it is.
    if (this.#begunAt !== null) follower.startFrom(this.#begunAt);
    this.#watched.set(name, { follower, next: null, at: 0 });
  }

  /**
   * Shows each file's last lines at first, then what has come since; false where there was nothing. Throws a CommandError
   * where a file cannot be read.
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
        throw new CommandError(EXIT.failure, `cannot read the log of ${name}: ${why}`, { cause });
      }
    }
    const text = mergeByTime(all)
      .map((entry) => this.#shown(entry))
      .join('');
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    return text !== '';
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ follower }) => follower.close()));
  }

  #shown({ name, at, mark, text, red }: LogEntry): string {
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
  const read = name === OWN ? ownEntry(name, line, watched.at) : outputEntry(name, line, watched.at);
  if (read !== null) watched.at = read.at;
  return read;
}
