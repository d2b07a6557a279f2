import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Holder, stillHolds } from '../../holder.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { HAS_PROC, readPids } from '../tree/proc.ts';
import { type ListeningSocket, listeningOn } from './listening.ts';
import { combineOwnership, type Owner, type PortScan } from './ownership.ts';
import { holdersOf, programOf } from './socket-holders.ts';

export interface PortOwnerOptions {
  /** Where it is connected to: an IP address, or a name for some. */
  readonly host: string;
  readonly port: number;
  /** The leader of the gateway's process group, which nearly always is the one that listens. */
  readonly leader: () => number | null;
  /** All of the gateway's processes. */
  readonly members: () => Promise<readonly number[]>;
  /** The sockets that take connections there; by default as the system's tables say. */
  readonly sockets?: (host: string, port: number) => Promise<readonly ListeningSocket[]>;
  /** ms of a clock that only goes forward. */
  readonly clock?: () => number;
  /** Others of its processes hold the port than until now. */
  readonly holdersChanged?: () => void;
}

type Found = Pick<PortScan, 'owner' | 'holders'>;

/** They listen for a container, whose own process nobody here can see. */
const FORWARDERS: ReadonlySet<string> = new Set([
  'docker-proxy',
  'rootlessport',
  'slirp4netns',
  'pasta',
  'pasta.avx2',
]);

/**
 * ms for which a look is trusted while the sockets stay with their holders: a second program can join a socket
 * that has SO_REUSEPORT.
 */
const TRUSTED_FOR = 300_000;
/** Where nothing was found, looking again takes no more than a twentieth of the time. */
const REST = 20;
const LEAST_REST = 1000;

/** Whose process listens on one port of one gateway. The first look is a full one; later ones read a link. */
export class PortOwner {
  readonly #options: PortOwnerOptions;
  readonly #clock: () => number;
  #last: (Found & { readonly until: number }) | undefined;
  #looking: Promise<Owner> | undefined;
  #holders: readonly Holder[] = [];

  constructor(options: PortOwnerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  isFor(host: string, port: number): boolean {
    return this.#options.host === host && this.#options.port === port;
  }

  /**
   * The gateway's own, as they were last seen: while they hold, nobody takes its connections but who shares the port
   * with it (SO_REUSEPORT). Empty where nobody can say.
   */
  get holders(): readonly Holder[] {
    return this.#holders;
  }

  /** Never throws: what cannot be found out is unknown. To be asked once the port took a connection. */
  find(): Promise<Owner> {
    if (!HAS_PROC) return Promise.resolve(unknown('this system does not say'));
    const last = this.#last;
    if (last !== undefined && this.#clock() < last.until && last.holders.every(stillHolds)) {
      return Promise.resolve(last.owner);
    }
    this.#last = undefined;
    this.#looking ??= this.#fully().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #fully(): Promise<Owner> {
    const began = this.#clock();
    try {
      const look = await lookAt(this.#options);
      const ended = this.#clock();
      const rest = Math.max(LEAST_REST, (ended - began) * REST);
      const { owner, holders } = combineOwnership(this.#holders, look);
      this.#last = {
        owner,
        holders: look.holders,
        until: ended + (look.holders.length > 0 ? TRUSTED_FOR : rest),
      };
      this.#hold(holders);
      return owner;
    } catch (error) {
      return unknown(`it cannot be looked at: ${errorCode(error) ?? errorMessage(error)}`);
    }
  }

  #hold(holders: readonly Holder[]): void {
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

/** Who listens on a port that no gateway of ours has, for the operator: the program and its pid where they can be told. */
export async function holderOf(host: string, port: number): Promise<string> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const owner = await new PortOwner({
    host: address,
    port,
    leader: () => null,
    members: async () => [],
  }).find();
  if (owner.kind === 'foreign') return owner.name;
  return owner.kind === 'unknown' ? `another process (${owner.reason})` : 'another process';
}

async function lookAt(options: PortOwnerOptions): Promise<PortScan> {
  const { host, port, sockets: socketsAt = socketsOf } = options;
  let sockets = await socketsAt(host, port);
  // A listener that is being made anew is in the table a moment later.
  if (sockets.length === 0) sockets = await socketsAt(host, port);
  const inodes = new Set(sockets.map(({ inode }) => inode));
  return { ...(await lookFor(sockets, inodes, options)), inodes };
}

async function lookFor(
  sockets: readonly ListeningSocket[],
  inodes: ReadonlySet<string>,
  { leader, members }: PortOwnerOptions,
): Promise<Found> {
  if (inodes.size === 0) {
    return unseen('no process here listens there: a container does, or another network namespace');
  }
  const pid = leader();
  const led = pid === null ? [] : await holdersOf(inodes, [pid]);
  if (led.length === inodes.size) return { owner: { kind: 'own' }, holders: led };
  const ours = await members();
  const own = await holdersOf(inodes, ours);
  if (own.length === inodes.size) return { owner: { kind: 'own' }, holders: own };
  return othersOf(sockets, own, ours, members);
}

/** What is to be said of a port of which somebody else has a socket, or nobody who can be seen. */
async function othersOf(
  sockets: readonly ListeningSocket[],
  own: readonly Holder[],
  ours: readonly number[],
  members: PortOwnerOptions['members'],
): Promise<Found> {
  const held = new Set(own.map(({ inode }) => inode));
  const open = sockets.filter(({ inode }) => !held.has(inode));
  const rest = readPids().filter((pid) => !ours.includes(pid));
  const found = await holdersOf(new Set(open.map(({ inode }) => inode)), rest);
  // A process that the gateway started since the first look is not among `ours`, and is its own.
  const now = new Set(found.length > 0 ? await members() : []);
  const strangers = found.filter(({ pid }) => !descends(pid, now));
  let forwarder: string | null = null;
  for (const holder of strangers) {
    const program = programOf(holder.pid);
    // Ended while it was looked at: the next look will tell.
    if (program === null) continue;
    const name = `${program.name} (pid ${holder.pid})`;
    if (!FORWARDERS.has(program.title)) return { owner: { kind: 'foreign', name }, holders: [holder] };
    forwarder = name;
  }
  if (forwarder !== null) return unseen(`${forwarder} listens there for a container`);
  if (strangers.length === 0 && found.length === open.length) {
    return { owner: { kind: 'own' }, holders: [...own, ...found] };
  }
  const seen = new Set(found.map(({ inode }) => inode));
  const uid = open.find(({ inode }) => !seen.has(inode))?.uid;
  return unseen(
    uid === undefined || uid === String(process.getuid?.())
      ? 'its process cannot be read'
      : `it is of user ${uid}`,
  );
}

/** A child that dropped the group and the mark (sudo, su) is known by its parents. */
function descends(pid: number, members: ReadonlySet<number>): boolean {
  for (let next: number | undefined = pid; next !== undefined && next > 1; next = programOf(next)?.parent) {
    if (members.has(next)) return true;
  }
  return false;
}

/** Those that a name stands for count together: a door may be given any of its addresses. */
async function socketsOf(host: string, port: number): Promise<readonly ListeningSocket[]> {
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  const tables = await Promise.all(addresses.map(({ address }) => listeningOn(address, port)));
  return tables.flat();
}

function unknown(reason: string): Owner {
  return { kind: 'unknown', reason };
}

function unseen(reason: string): Found {
  return { owner: unknown(reason), holders: [] };
}
