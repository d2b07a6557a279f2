import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { errorCode, errorMessage, hasCode } from '../../util/errno.ts';
import type { ProcessId } from '../tree/proc.ts';

/** The leader of a gateway's process group. */
export interface Leader extends ProcessId {
  readonly profile: string;
}

/** What the next run must know of this one, should it be killed. */
export interface RunRecord {
  /** What its marks begin with. */
  readonly run: string;
  /** Pids and starts mean nothing after the next boot, or on another machine. */
  readonly boot: string;
  /** gwproxy itself. */
  readonly pid: number;
  /** gwproxy's own start: nothing of the run is older. Clock ticks since boot. */
  readonly started: number;
  readonly leaders: readonly Leader[];
}

/** Its name in the state folder. */
export const RECORD = 'run.json';

const VERSION = 1;
const MAX_BYTES = 1024 * 1024;

export function formatRecord(record: RunRecord): string {
  return `${JSON.stringify({ version: VERSION, ...record })}\n`;
}

/** Throws in plain words where the text is no record. */
export function parseRecord(text: string): RunRecord {
  const value: unknown = text.length > MAX_BYTES ? null : JSON.parse(text);
  if (!isObject(value)) throw new Error('it is no record of a run');
  if (value.version !== VERSION) throw new Error(`its version is ${String(value.version)}, not ${VERSION}`);
  const { run, boot, pid, started, leaders } = value;
  const isWhole =
    typeof run === 'string' &&
    /^[0-9a-f]{16}$/.test(run) &&
    typeof boot === 'string' &&
    typeof pid === 'number' &&
    typeof started === 'number' &&
    Array.isArray(leaders) &&
    leaders.every(isLeader);
  if (!isWhole) throw new Error('it is no record of a run');
  return { run, boot, pid, started, leaders };
}

function isLeader(value: unknown): value is Leader {
  return (
    isObject(value) &&
    typeof value.profile === 'string' &&
    // 0 and 1 and what is below would be everybody.
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 1 &&
    Number.isSafeInteger(value.started)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null where there is none: the run before ended in order, or there was none. Throws where it cannot be read. */
export async function readRecord(file: string): Promise<RunRecord | null> {
  try {
    return parseRecord(await readFile(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Keeps the record of a run in a file: its owner's alone, never half a one, one write at a time. */
export class RecordFile {
  readonly #file: string;
  readonly #draft: string;
  readonly #failed: (reason: string) => void;
  #wanted: string | null = null;
  #writing: Promise<void> | undefined;
  #isTold = false;

  /** `failed` is called once for each time that it cannot be written. */
  constructor(file: string, failed: (reason: string) => void) {
    this.#file = file;
    this.#draft = `${file}.new`;
    this.#failed = failed;
  }

  /** Writes it soon; of several that come meanwhile, the last. Resolves when this or a later one is there. */
  write(record: RunRecord): Promise<void> {
    this.#wanted = formatRecord(record);
    this.#writing ??= this.#write();
    return this.#writing;
  }

  /** Nothing of the run is left. */
  async remove(): Promise<void> {
    this.#wanted = null;
    await this.#writing;
    try {
      await rm(this.#draft, { force: true });
      await rm(this.#file, { force: true });
    } catch (error) {
      this.#tell(error);
    }
  }

  async #write(): Promise<void> {
    while (this.#wanted !== null) {
      const text = this.#wanted;
      this.#wanted = null;
      try {
        await writeFile(this.#draft, text, { mode: 0o600 });
        // One that was left by an earlier version or hand keeps the mode that it has.
        await chmod(this.#draft, 0o600);
        await rename(this.#draft, this.#file);
        this.#isTold = false;
      } catch (error) {
        this.#tell(error);
      }
    }
    this.#writing = undefined;
  }

  #tell(error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#failed(`cannot be written (${errorCode(error) ?? errorMessage(error)})`);
  }
}
