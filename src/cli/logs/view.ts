import { once } from 'node:events';
import { CommandError, EXIT } from '../../errors.ts';
import { type LogDirectory, OWN } from '../../logs/directory.ts';
import { createNameLines } from '../name-lines.ts';
import { type Entry, merged, outputEntry, ownEntry } from './entries.ts';
import { Follower } from './follower.ts';

export interface ViewOptions {
  /** None: all. `gwproxy` is gwproxy's own log. */
  readonly profiles: readonly string[];
  /** So many of each file's last lines come first. */
  readonly count: number;
  readonly timestamps?: boolean;
}

interface Watched {
  readonly follower: Follower;
  begun: boolean;
  /** Epoch ms of its last line. */
  at: number;
}

/** What `gwproxy logs` shows: the files that it looks at, and how their lines are written to stdout. */
export class View {
  readonly #options: ViewOptions;
  readonly #watched = new Map<string, Watched>();
  #lineOf = createNameLines([], false);

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** Looks there from now on: files may have moved, and profiles come. */
  async turnTo(found: LogDirectory): Promise<void> {
    const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
    this.#lineOf = createNameLines([...found.profiles.keys()], colour);
    const named = this.#options.profiles;
    for (const name of new Set(named.length > 0 ? named : found.profiles.keys())) {
      const path = name === OWN ? found.own : found.profiles.get(name);
      const known = this.#watched.get(name);
      if (path === undefined || known?.follower.path === path) continue;
      const follower = new Follower(path, (text) => console.error(`warning: ${text}`));
      this.#watched.set(name, { follower, begun: false, at: 0 });
      await known?.follower.close();
    }
  }

  /**
   * Shows each file's last lines at first, then what has come since; false where there was nothing. Throws a CommandError
   * where a file cannot be read.
   */
  async look(): Promise<boolean> {
    const all: (readonly Entry[])[] = [];
    for (const [name, watched] of this.#watched) {
      try {
        const { follower } = watched;
        const lines = watched.begun ? await follower.news() : await follower.last(this.#options.count);
        watched.begun = true;
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

function entry(name: string, line: string, watched: Watched): Entry | null {
  const read = name === OWN ? ownEntry(name, line, watched.at) : outputEntry(name, line, watched.at);
  if (read !== null) watched.at = read.at;
  return read;
}
