import { HAS_PROC } from '../tree/proc.ts';
import { findSockets } from './socket-holders.ts';
import { listeningSockets } from './tcp-tables.ts';

/** Where a process listens. */
export interface ListeningAddress {
  /** An IP address; the unspecified one (`0.0.0.0` or `::`) is every address. */
  readonly address: string;
  readonly port: number;
}

/** ms between two searches; a slow one waits twenty times its duration. */
const SHORTEST_PAUSE = 1000;
const PAUSE_FACTOR = 20;

/** Finds where the processes of one gateway listen; all listeners of the gateway share its searches. */
export class OwnListeners {
  readonly #members: () => Promise<readonly number[]>;
  readonly #clock: () => number;
  #search: Promise<readonly ListeningAddress[]> | undefined;
  #searchedUntil = Number.NEGATIVE_INFINITY;

  /** `clock` is ms of a monotonic clock. */
  constructor(members: () => Promise<readonly number[]>, clock: () => number = () => performance.now()) {
    this.#members = members;
    this.#clock = clock;
  }

  /** The addresses of a search that is a second old at most, or a little more. Never rejects: none if it cannot be told. */
  find(): Promise<readonly ListeningAddress[]> {
    if (!HAS_PROC) return Promise.resolve([]);
    if (this.#search === undefined || this.#clock() >= this.#searchedUntil) {
      this.#searchedUntil = Number.POSITIVE_INFINITY;
      this.#search = this.#find();
    }
    return this.#search;
  }

  async #find(): Promise<readonly ListeningAddress[]> {
    const began = this.#clock();
    try {
      return await listenersOf(await this.#members());
    } catch {
      // What cannot be read is not told; the probe's own failure is.
      return [];
    } finally {
      const ended = this.#clock();
      this.#searchedUntil = ended + Math.max(SHORTEST_PAUSE, (ended - began) * PAUSE_FACTOR);
    }
  }
}

/** The addresses on which these processes listen, without repeats. Linux only; rejects if /proc cannot be read. */
export async function listenersOf(pids: Iterable<number>): Promise<readonly ListeningAddress[]> {
  const inodes = await findSockets(pids);
  if (inodes.size === 0) return [];
  const tables = await Promise.all([listeningSockets('tcp'), listeningSockets('tcp6')]);
  const own = tables.flat().filter(({ inode }) => inodes.has(inode));
  const found = own.map(({ local, port }): [string, ListeningAddress] => [
    `${local} ${port}`,
    { address: local, port },
  ]);
  return [...new Map(found).values()];
}

/** `127.0.0.1:3978`, and with the brackets of RFC 3986 §3.2.2 `[::1]:3978`. Pure. */
export function addressText({ address, port }: ListeningAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
