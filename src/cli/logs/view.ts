import { once } from 'node:events';
import { CommandError, EXIT } from '../../errors.ts';
import { type LogDirectory, OWN } from '../../logs/directory.ts';
import { createNameLines } from '../output/name-lines.ts';
import { Follower } from './follower.ts';
import { type Entry, merged, outputEntry, ownEntry } from './log-entries.ts';

export interface ViewOptions {
  /** None: all. `gwproxy` is gwproxy's own log. */
  readonly profiles: readonly string[];
  /** So many of each file's last lines come first. */
  readonly count: number;
  readonly timestamps?: boolean;
}

interface Watched {
  follower: Follower;
  /** Of the file that its lines go to now; its turn comes when the one before is read to its end. */
  next: Follower | null;
  /** Epoch ms of its last line. */
  at: number;
}

/** What `gwproxy logs` shows: the files that it looks at, and how their lines are written to stdout. */
export class View {
  readonly #options: ViewOptions;
  readonly #watched = new Map<string, Watched>();
  #lineOf = createNameLines([], false);
  /** Epoch ms of the first look. */
  #begunAt: number | null = null;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** Looks there from now on: files may have moved, and profiles come. */
  turnTo(found: LogDirectory): void {
    const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
    this.#lineOf = createNameLines([...found.profiles.keys()], colour);
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
    const follower = new Follower(path, (text) => console.error(`warning: ${text}`));
    if (known !== undefined) {
      known.next = follower;
      return;
    }
    // What it says meanwhile is news, however many lines it is.
    if (this.#begunAt !== null) follower.beginAt(this.#begunAt);
    this.#watched.set(name, { follower, next: null, at: 0 });
  }

  /**
   * Shows each file's last lines at first, then what has come since; false where there was nothing. Throws a CommandError
   * where a file cannot be read.
   */
  async look(): Promise<boolean> {
    const begunAt = this.#begunAt;
    this.#begunAt ??= Date.now();
    const all: (readonly Entry[])[] = [];
    for (const [name, watched] of this.#watched) {
      try {
        const lines =
          begunAt === null
            ? await watched.follower.last(this.#options.count)
            : await newsOf(watched, begunAt);
        all.push(lines.flatMap((line) => entry(name, line, watched) ?? []));
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new CommandError(EXIT.failure, `cannot read the log of ${name}: ${why}`, { cause });
      }
    }
    const text = merged(all)
      .map((entry) => this.#shown(entry))
      .join('');
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    return text !== '';
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ follower }) => follower.close()));
  }

  #shown({ name, at, mark, text, red }: Entry): string {
    const stamped = this.#options.timestamps ? `${new Date(at).toISOString()} ${text}` : text;
    return this.#lineOf(name, mark, stamped, { red });
  }
}

async function newsOf(watched: Watched, begunAt: number): Promise<readonly string[]> {
  const lines = await watched.follower.news();
  if (lines.length > 0 || watched.next === null) return lines;
  await watched.follower.close();
  watched.follower = watched.next;
  watched.next = null;
  watched.follower.beginAt(Math.max(begunAt, watched.at));
  return watched.follower.news();
}

function entry(name: string, line: string, watched: Watched): Entry | null {
  const read = name === OWN ? ownEntry(name, line, watched.at) : outputEntry(name, line, watched.at);
  if (read !== null) watched.at = read.at;
  return read;
}
