import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import { type Peer, peerOf } from './peer.ts';

/** One connection from outside, and what is under way on it: several requests only where a client pipelines. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly openExchanges = new Set<Exchange>();
  /** Not HTTP any more, or about to be so. */
  upgraded = false;
  /** What had come when its newest request was over; null before the first. */
  #served: number | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.peer = peerOf(socket.remoteAddress);
  }

  /** Its newest request is over. */
  markAnswered(): void {
    this.#served = this.socket.bytesRead;
  }

  /** It was answered, and nothing came since. */
  get isAnsweredAndQuiet(): boolean {
    return this.openExchanges.size === 0 && !this.upgraded && this.socket.bytesRead === this.#served;
  }

  /** All that it asks is here; or it has ended, and asks no more. */
  get isFullyReceived(): boolean {
    if (this.openExchanges.size === 0) return this.upgraded || this.socket.writableEnded;
    return [...this.openExchanges].every(({ req }) => req.complete);
  }

  /**
   * What to do about bytes that no parser reads. An answer written to the socket now would be taken for that to
   * the oldest request under way, so it is given only where that is the one that is wrong.
   */
  actionOnUnreadableInput(): UnreadableInputAction {
    const [only, other] = this.openExchanges;
    if (only === undefined) return { kind: 'answer', exchange: null };
    if (other !== undefined) return { kind: 'destroy' };
    if (only.answered) return { kind: 'end' };
    return only.req.complete || only.res.headersSent
      ? { kind: 'destroy' }
      : { kind: 'answer', exchange: only };
  }
}

export type UnreadableInputAction =
  | { readonly kind: 'answer'; readonly exchange: Exchange | null }
  /** The answer is written, and only has to go out. */
  | { readonly kind: 'end' }
  | { readonly kind: 'destroy' };

/** Every open connection. */
export class Connections {
  readonly #bySocket = new Map<Socket, Connection>();

  add(socket: Socket): void {
    const connection = new Connection(socket);
    this.#bySocket.set(socket, connection);
    socket.once('close', () => {
      this.#bySocket.delete(socket);
      for (const exchange of [...connection.openExchanges]) exchange.handleDisconnect();
    });
  }

  find(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  get areFullyReceived(): boolean {
    return [...this.#bySocket.values()].every((connection) => connection.isFullyReceived);
  }

  /** Ends those that were answered; what is written already still goes out. */
  closeAnswered(): void {
    for (const connection of this.#bySocket.values()) {
      if (connection.isAnsweredAndQuiet) connection.socket.destroySoon();
    }
  }

  /** Ends those that nobody waits on; what is written already still goes out. */
  closeIdle(): void {
    for (const { socket, openExchanges: open, upgraded } of this.#bySocket.values()) {
      if (open.size === 0 && !upgraded) socket.destroySoon();
    }
  }

  destroy(): void {
    for (const socket of [...this.#bySocket.keys()]) socket.destroy();
  }
}
