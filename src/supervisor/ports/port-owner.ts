import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { KnownHolder } from '../../config/types.ts';
import { type Holder, stillHolds } from '../../holder.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { HAS_PROC, readPids } from '../tree/proc.ts';
import { connectableHost } from './connectable-host.ts';
import { holderFacts } from './known-holders.ts';
import { type ListeningSocket, listeningOn } from './listening.ts';
import { combineOwnership, type Owner, type PortScan } from './ownership.ts';
import { findHolders, programOf } from './socket-holders.ts';

export interface PortOwnerOptions {
  /** The host that doors connect to: an IP address, or a name. */
  readonly host: string;
  readonly port: number;
  /** The pid of the process group's leader, which nearly always is the process that listens. */
  readonly leader: () => number | null;
  /** The pids of all the gateway's processes. */
  readonly members: () => Promise<readonly number[]>;
  /** Programs that are known to hold such a port. */
  readonly known?: readonly KnownHolder[];
  /** The sockets that accept connections there; by default read from the system's tables. */
  readonly sockets?: (host: string, port: number) => Promise<readonly ListeningSocket[]>;
  /** ms of a monotonic clock. */
  readonly clock?: () => number;
  /** The processes or sockets of the gateway that hold the port have changed. */
  readonly holdersChanged?: () => void;
}

type Found = Pick<PortScan, 'owner' | 'holders'>;

/** Programs that listen for a container, whose own processes are not visible from here. */
const FORWARDERS: ReadonlySet<string> = new Set([
  'docker-proxy',
  'rootlessport',
  'slirp4netns',
  'pasta',
  'pasta.avx2',
]);

/**
 * ms until the next full scan even if the sockets stay with their holders: a second program can join a socket that
 * has SO_REUSEPORT.
 */
const VALID_FOR = 300_000;
/** After a scan that found no holder, the next one waits twenty times its duration, and at least 1 s. */
const PAUSE_FACTOR = 20;
const SHORTEST_PAUSE = 1000;

/** Finds the owner of one port of one gateway. The first scan is a full one; later ones read one link. */
export class PortOwner {
  readonly #options: PortOwnerOptions;
  readonly #clock: () => number;
  #last: (Found & { readonly validUntil: number }) | undefined;
  #scan: Promise<Owner> | undefined;
  #holders: readonly Holder[] = [];

  constructor(options: PortOwnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  isFor(host: string, port: number): boolean {
    return this.#options.host === host && this.#options.port === port;
  }

  /**
   * The last known holders among the gateway's own processes. While they hold the sockets, no other process accepts
   * its connections, except one that shares the port by SO_REUSEPORT. Empty if ownership was never confirmed.
   */
  get holders(): readonly Holder[] {
    return this.#holders;
  }

  /**
   * Never rejects: an owner that cannot be found is unknown. Must be called only after the port has accepted a
   * connection.
   */
  find(): Promise<Owner> {
    if (!HAS_PROC) return Promise.resolve(unknown('this system has no /proc'));
    const last = this.#last;
    if (last !== undefined && this.#clock() < last.validUntil && last.holders.every(stillHolds)) {
      return Promise.resolve(last.owner);
    }
    this.#last = undefined;
    this.#scan ??= this.#fullScan().finally(() => {
      this.#scan = undefined;
    });
    return this.#scan;
  }

  async #fullScan(): Promise<Owner> {
    const began = this.#clock();
    try {
      const scan = await scanPort(this.#options);
      const ended = this.#clock();
      const wait = Math.max(SHORTEST_PAUSE, (ended - began) * PAUSE_FACTOR);
      const { owner, holders } = combineOwnership(this.#holders, scan);
      this.#last = {
        owner,
        holders: scan.holders,
        validUntil: ended + (scan.holders.length > 0 ? VALID_FOR : wait),
      };
      this.#setHolders(holders);
      return owner;
    } catch (error) {
      return unknown(`its processes cannot be read: ${errorCode(error) ?? errorMessage(error)}`);
    }
  }

  #setHolders(holders: readonly Holder[]): void {
    const before = this.#holders;
    const same =
      before.length === holders.length && holders.every((holder, index) => isSame(holder, before[index]));
    if (same) return;
    this.#holders = holders;
    this.#options.holdersChanged?.();
  }
}

function isSame(one: Holder, other: Holder | undefined): boolean {
  return one.pid === other?.pid && one.fd === other.fd && one.inode === other.inode;
}

/** A process that has a port, for the operator: the program and its pid, and how it ends, as far as they are known. */
export interface DescribedHolder {
  readonly name: string;
  readonly advice: string | null;
}

/** Describes the process that listens on a port that is not a gateway's. */
export async function describeHolder(
  host: string,
  port: number,
  known: readonly KnownHolder[],
): Promise<DescribedHolder> {
  const owner = await new PortOwner({
    host: connectableHost(host),
    port,
    leader: () => null,
    members: async () => [],
    known,
  }).find();
  if (owner.kind === 'foreign') return owner;
  const name = owner.kind === 'unknown' ? `another process (${owner.reason})` : 'another process';
  return { name, advice: null };
}

async function scanPort(options: PortOwnerOptions): Promise<PortScan> {
  const { host, port, sockets: socketsAt = socketsOf } = options;
  let sockets = await socketsAt(host, port);
  // A socket that is being replaced is in the table a moment later.
  if (sockets.length === 0) sockets = await socketsAt(host, port);
  const inodes = new Set(sockets.map(({ inode }) => inode));
  return { ...(await findOwner(sockets, inodes, options)), inodes };
}

async function findOwner(
  sockets: readonly ListeningSocket[],
  inodes: ReadonlySet<string>,
  { leader, members, known = [] }: PortOwnerOptions,
): Promise<Found> {
  if (inodes.size === 0) {
    return notFound('no process here listens there: a container does, or another network namespace');
  }
  const pid = leader();
  const byLeader = pid === null ? [] : await findHolders(inodes, [pid]);
  if (byLeader.length === inodes.size) return { owner: { kind: 'own' }, holders: byLeader };
  const ours = await members();
  const own = await findHolders(inodes, ours);
  if (own.length === inodes.size) return { owner: { kind: 'own' }, holders: own };
  return findOtherOwner(sockets, own, ours, { members, known });
}

/** The owner of a port that has sockets which no known process of the gateway holds. */
async function findOtherOwner(
  sockets: readonly ListeningSocket[],
  own: readonly Holder[],
  ours: readonly number[],
  { members, known }: Required<Pick<PortOwnerOptions, 'members' | 'known'>>,
): Promise<Found> {
  const held = new Set(own.map(({ inode }) => inode));
  const open = sockets.filter(({ inode }) => !held.has(inode));
  const rest = readPids().filter((pid) => !ours.includes(pid));
  const found = await findHolders(new Set(open.map(({ inode }) => inode)), rest);
  // The gateway may have started a process since `ours` was listed.
  const now = new Set(found.length > 0 ? await members() : []);
  const others = found.filter(({ pid }) => !descends(pid, now));
  let forwarder: string | null = null;
  for (const holder of others) {
    const program = programOf(holder.pid);
    // It ended during the scan; the next scan shows who holds the port.
    if (program === null) continue;
    const facts = holderFacts(holder.pid, known);
    const name = `${program.name} (pid ${holder.pid})${facts?.who ?? ''}`;
    if (!FORWARDERS.has(program.title)) {
      return { owner: { kind: 'foreign', name, advice: facts?.advice ?? null }, holders: [holder] };
    }
    forwarder = name;
  }
  if (forwarder !== null) return notFound(`${forwarder} listens there for a container`);
  if (others.length === 0 && found.length === open.length) {
    return { owner: { kind: 'own' }, holders: [...own, ...found] };
  }
  const seen = new Set(found.map(({ inode }) => inode));
  const uid = open.find(({ inode }) => !seen.has(inode))?.uid;
  return notFound(
    uid === undefined || uid === String(process.getuid?.())
      ? 'its process cannot be read'
      : `it belongs to user ${uid}`,
  );
}

/** Whether a process descends from one of these: a child that left the group and has no mark (sudo, su). */
function descends(pid: number, members: ReadonlySet<number>): boolean {
  for (let next: number | undefined = pid; next !== undefined && next > 1; next = programOf(next)?.parent) {
    if (members.has(next)) return true;
  }
  return false;
}

/** The sockets of all addresses of a name count together: a door may connect to any of them. */
async function socketsOf(host: string, port: number): Promise<readonly ListeningSocket[]> {
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  const tables = await Promise.all(addresses.map(({ address }) => listeningOn(address, port)));
  return tables.flat();
}

function unknown(reason: string): Owner {
  return { kind: 'unknown', reason };
}

function notFound(reason: string): Found {
  return { owner: unknown(reason), holders: [] };
}
