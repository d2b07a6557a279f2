import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { errorCode, errorMessage, hasCode } from '../../util/errno.ts';
import { isPlainObject } from '../../util/plain-object.ts';
import type { ProcessId } from '../tree/proc.ts';

/** The leader of a gateway's process group. */
export interface Leader extends ProcessId {
  readonly profile: string;
}

/** The data by which the next run finds the processes of this one, if it is killed. */
export interface RunRecord {
  /** The id of the run, with which its marks begin. */
  readonly run: string;
  /** The boot id: pids and starts mean nothing after the next boot, or on another machine. */
  readonly boot: string;
  /** The pid of gwproxy. */
  readonly pid: number;
  /** When gwproxy started, in clock ticks since boot: no process of the run is older. */
  readonly started: number;
  readonly leaders: readonly Leader[];
}

/** The name of the record's file in the state folder. */
export const RECORD = 'run.json';

const VERSION = 1;
const MAX_BYTES = 1024 * 1024;

export function formatRecord(record: RunRecord): string {
  return `${JSON.stringify({ version: VERSION, ...record })}\n`;
}

/** Throws a text for the operator if the text is not a record. */
export function parseRecord(text: string): RunRecord {
  const value: unknown = text.length > MAX_BYTES ? null : JSON.parse(text);
  if (!isPlainObject(value)) throw new Error('it is not a record of a run');
  if (value.version !== VERSION) throw new Error(`its version is ${String(value.version)}, not ${VERSION}`);
  const { run, boot, pid, started, leaders } = value;
  const isComplete =
    typeof run === 'string' &&
    /^[0-9a-f]{16}$/.test(run) &&
    typeof boot === 'string' &&
    typeof pid === 'number' &&
    typeof started === 'number' &&
    Array.isArray(leaders) &&
    leaders.every(isLeader);
  if (!isComplete) throw new Error('it is not a record of a run');
  return { run, boot, pid, started, leaders };
}

function isLeader(value: unknown): value is Leader {
  return (
    isPlainObject(value) &&
    typeof value.profile === 'string' &&
    // kill(2) would take 0, -1 and 1 for groups of other processes.
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 1 &&
    Number.isSafeInteger(value.started)
  );
}

/** Null if there is none: the last run ended in order, or there was none. Rejects if it cannot be read. */
export async function readRecord(file: string): Promise<RunRecord | null> {
  try {
    return parseRecord(await readFile(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Writes the record of a run to a file that only its owner can read; atomically, one write at a time. */
export class RecordFile {
  readonly #file: string;
  readonly #draft: string;
  readonly #failed: (reason: string) => void;
  #pending: string | null = null;
  #writing: Promise<void> | undefined;
  #isReported = false;

  /** `failed` is called once until a write succeeds again. */
  constructor(file: string, failed: (reason: string) => void) {
    this.#file = file;
    this.#draft = `${file}.new`;
    this.#failed = failed;
  }

  /** If several records arrive during a write, only the last is written. Resolves once this one or a later one was. */
  write(record: RunRecord): Promise<void> {
    this.#pending = formatRecord(record);
    this.#writing ??= this.#write();
    return this.#writing;
  }

  /** Must be called when no process of the run is left. */
  async remove(): Promise<void> {
    this.#pending = null;
    await this.#writing;
    try {
      await rm(this.#draft, { force: true });
      await rm(this.#file, { force: true });
    } catch (error) {
      this.#reportFailure(error);
    }
  }

  async #write(): Promise<void> {
    while (this.#pending !== null) {
      const text = this.#pending;
      this.#pending = null;
      try {
        await writeFile(this.#draft, text, { mode: 0o600 });
        // A file that exists already keeps its mode.
        await chmod(this.#draft, 0o600);
        await rename(this.#draft, this.#file);
        this.#isReported = false;
      } catch (error) {
        this.#reportFailure(error);
      }
    }
    this.#writing = undefined;
  }

  #reportFailure(error: unknown): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#failed(`cannot be written (${errorCode(error) ?? errorMessage(error)})`);
  }
}
