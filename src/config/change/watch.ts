import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode, errorMessage } from '../../util/errno.ts';
import type { ConfigInputs } from '../load.ts';
import { MOST_FOLDERS, type WatchedFolder, watchedFoldersOf } from './watched-folders.ts';

/** ms without an event after which a save counts as finished. */
const SETTLED = 200;
/** ms after which a change is reported even if events keep coming. */
const LONGEST = 2000;
/** ms: a file's change time is that of the kernel's last tick, so it may be earlier than the change. */
const TICK = 20;

export interface ConfigWatch {
  /**
   * Watches what that load looked at, and nothing else any more. What has changed since it began (epoch ms) counts
   * as a change too. Never rejects.
   */
  follow(looked: ConfigInputs, since: number): Promise<void>;
  /** Until the next `follow` nothing is watched. */
  end(): void;
}

export interface ConfigWatchOptions {
  /** Something may be different: called once a save is over, never while it is under way. */
  readonly changed: () => void;
  /** Some or all of it cannot be watched: why, in plain words. */
  readonly unwatched: (reason: string) => void;
  /** Reports changes in a folder, with the name of what changed if the system gives it. */
  readonly watch?: (folder: string, told: (event: string, name: string | null) => void) => FSWatcher;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Tells a folder from another that took its path. */
  readonly identity: string;
  matches: Matches;
}

type Matches = readonly WatchedFolder['matches'][];

/**
 * Watches a config's files by their folders, one handle for each, never what lies below. Node's own watcher:
 * chokidar reads a folder again whenever something in it changes, and gateways write beside their config (20 lines
 * a second into a log there cost it 6 % of a CPU with 50 files in the folder and all of one with 5000; this, 0.3 %).
 */
export function createConfigWatch(options: ConfigWatchOptions): ConfigWatch {
  const { changed, unwatched, watch = (folder, told) => watchFolder(folder, told) } = options;
  const folders = new Map<string, Watched>();
  /** The last reason reported for each folder that cannot be watched. */
  const told = new Map<string, string>();
  let settling: NodeJS.Timeout | undefined;
  let firstAt = 0;
  /** Counts calls of follow and end; only the newest takes effect. */
  let asked = 0;

  function touched(): void {
    const now = performance.now();
    if (settling === undefined) firstAt = now;
    clearTimeout(settling);
    const settled = (): void => {
      settling = undefined;
      changed();
    };
    settling = setTimeout(settled, Math.min(SETTLED, Math.max(0, firstAt + LONGEST - now)));
  }

  function open(folder: string, identity: string, matches: Matches): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        const known = folders.get(folder);
        // Without a name it may be anything; the folder's own is told when it is moved or removed.
        const counts =
          name === null || name === basename(folder) || known?.matches.some((fits) => fits(name));
        if (known?.watcher === watcher && counts === true) touched();
      });
      watcher.on('error', (error) => lost(folder, error));
      folders.set(folder, { watcher, identity, matches });
      told.delete(folder);
    } catch (error) {
      lost(folder, error);
    }
  }

  function lost(folder: string, error: unknown): void {
    close(folder);
    tell(folder, `${folder}: ${watchFault(error)}`);
  }

  function tell(about: string, reason: string): void {
    if (told.get(about) === reason) return;
    told.set(about, reason);
    unwatched(reason);
  }

  function close(folder: string): void {
    folders.get(folder)?.watcher.close();
    folders.delete(folder);
  }

  async function follow(looked: ConfigInputs, since: number, mine: number): Promise<void> {
    const { places, cut } = await watchedFoldersOf(looked);
    const wanted = new Map<string, Matches>();
    for (const { folder, matches } of places) {
      wanted.set(folder, [...(wanted.get(folder) ?? []), matches]);
    }
    const identities = new Map<string, string>();
    for (const folder of wanted.keys()) identities.set(folder, await identityOf(folder));
    if (mine !== asked) return;
    for (const [folder, { identity }] of [...folders]) {
      if (identities.get(folder) !== identity) close(folder);
    }
    for (const [folder, matches] of wanted) {
      const known = folders.get(folder);
      const identity = identities.get(folder) ?? GONE;
      if (known !== undefined) known.matches = matches;
      else if (identity !== GONE) open(folder, identity, matches);
    }
    if (cut)
      tell('include', `an include looks into more than ${MOST_FOLDERS} folders; the rest is not watched`);
    else told.delete('include');
    const late = [...identities.values()].includes(GONE) || (await anyChangedSince(wanted, since - TICK));
    if (late && mine === asked) touched();
  }

  return {
    async follow(looked, since) {
      asked += 1;
      try {
        await follow(looked, since, asked);
      } catch (error) {
        tell('all', watchFault(error));
      }
    },
    end() {
      asked += 1;
      clearTimeout(settling);
      settling = undefined;
      for (const folder of [...folders.keys()]) close(folder);
    },
  };
}

/** The identity of a folder that was removed after its path was found. */
const GONE = '';

async function identityOf(folder: string): Promise<string> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (errorCode(error) !== undefined) return GONE;
    throw error;
  }
}

/** Looks at files and links only: a folder's time changes with everything that is written into it. */
async function anyChangedSince(wanted: ReadonlyMap<string, Matches>, since: number): Promise<boolean> {
  for (const [folder, matches] of wanted) {
    for (const name of await namesIn(folder)) {
      if (!matches.some((fits) => fits(name))) continue;
      const at = await changeTime(join(folder, name));
      if (at >= since) return true;
    }
  }
  return false;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) !== undefined) return [];
    throw error;
  }
}

/** Epoch ms of its last change, also of its name or its rights; 0 for a folder and for what is gone. */
async function changeTime(path: string): Promise<number> {
  try {
    const found = await lstat(path);
    return found.isDirectory() ? 0 : found.ctimeMs;
  } catch (error) {
    if (errorCode(error) !== undefined) return 0;
    throw error;
  }
}

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOSPC', 'this system watches no more files for you; raise fs.inotify.max_user_watches'],
  ['EMFILE', 'too many are watched or open; raise fs.inotify.max_user_instances, or the limit of open files'],
  ['EACCES', 'permission denied'],
]);

function watchFault(error: unknown): string {
  const code = errorCode(error);
  return REASONS.get(code) ?? errorMessage(error);
}
