import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import { type Peer, peerOf } from './peer.ts';

/** One connection from outside, and what is under way on it: several requests only where a client pipelines. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly open = new Set<Exchange>();
  /** Not HTTP any more, or about to be so. */
  upgraded = false;
  /** What had come when its newest request was over; null before the first. */
  #served: number | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.peer = peerOf(socket.remoteAddress);
  }

  /** Its newest request is over. */
  served(): void {
    this.#served = this.socket.bytesRead;
  }

  /** It was answered, and nothing came since. */
  get isServed(): boolean {
    return this.open.size === 0 && !this.upgraded && this.socket.bytesRead === this.#served;
  }

  /** All that it asks is here; or it has ended, and asks no more. */
  get isHeard(): boolean {
    if (this.open.size === 0) return this.upgraded || this.socket.writableEnded;
    return [...this.open].every(({ req }) => req.complete);
  }

  /**
   * What to do about bytes that no parser reads. An answer written to the socket now would be taken for that to
   * the oldest request under way, so it is given only where that is the one that is wrong.
   */
  verdict(): Verdict {
    const [only, other] = this.open;
    if (only === undefined) return { kind: 'answer', exchange: null };
    if (other !== undefined) return { kind: 'destroy' };
    if (only.answered) return { kind: 'end' };
    return only.req.complete || only.res.headersSent
      ? { kind: 'destroy' }
      : { kind: 'answer', exchange: only };
  }
}

export type Verdict =
  | { readonly kind: 'answer'; readonly exchange: Exchange | null }
  /** The answer is written, and only has to go out. */
  | { readonly kind: 'end' }
  | { readonly kind: 'destroy' };

/** Every open connection. */
export class Connections {
  readonly #bySocket = new Map<Socket, Connection>();

  open(socket: Socket): void {
    const connection = new Connection(socket);
    this.#bySocket.set(socket, connection);
    socket.once('close', () => {
      this.#bySocket.delete(socket);
      for (const exchange of [...connection.open]) exchange.leave();
    });
  }

  of(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  get areHeard(): boolean {
    return [...this.#bySocket.values()].every((connection) => connection.isHeard);
  }

  /** Ends those that were answered; what is written already still goes out. */
  closeServed(): void {
    for (const connection of this.#bySocket.values()) {
      if (connection.isServed) connection.socket.destroySoon();
    }
  }

  /** Ends those that nobody waits on; what is written already still goes out. */
  closeIdle(): void {
    for (const { socket, open, upgraded } of this.#bySocket.values()) {
      if (open.size === 0 && !upgraded) socket.destroySoon();
    }
  }

  destroy(): void {
    for (const socket of [...this.#bySocket.keys()]) socket.destroy();
  }
}
