import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import { type Peer, peerOf } from './peer.ts';

/** One client connection and its requests in flight: more than one only if the client pipelines. */
export class Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly openExchanges = new Set<Exchange>();
  /** The connection was upgraded, or asks to be. */
  upgraded = false;
  /** To its newest request; null before the first. */
  newestResponse: ServerResponse | null = null;
  /** Orders the connections by when their newest request ended, or they began. */
  idleSince = 0;
  /** Bytes that had arrived when its newest request ended; null before the first. */
  #served: number | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.peer = peerOf(socket.remoteAddress);
  }

  get isIdle(): boolean {
    return this.openExchanges.size === 0 && !this.upgraded && !this.socket.destroyed;
  }

  markAnswered(idleSince: number): void {
    this.idleSince = idleSince;
    this.#served = this.socket.bytesRead;
  }

  /** The answer to its newest request is still being written, or waits to be. */
  get isSendingAnswer(): boolean {
    return this.newestResponse !== null && !this.newestResponse.closed;
  }

  /** Every request was answered, and no byte has arrived since. */
  get isAnsweredAndQuiet(): boolean {
    return this.openExchanges.size === 0 && !this.upgraded && this.socket.bytesRead === this.#served;
  }

  /**
   * Every request in flight was received completely. If none is in flight, the connection is upgraded or being
   * closed.
   */
  get isFullyReceived(): boolean {
    if (this.openExchanges.size === 0) return this.upgraded || this.socket.writableEnded;
    return [...this.openExchanges].every(({ req }) => req.complete);
  }

  /**
   * Decides how to treat bytes that the parser cannot read. The client would read an error as the answer to its
   * oldest request in flight, so the door answers only if that request is the faulty one.
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
  /** The answer is written already: close once it is sent. */
  | { readonly kind: 'end' }
  | { readonly kind: 'destroy' };

/** Every open connection. */
export class Connections {
  readonly #bySocket = new Map<Socket, Connection>();
  #idleOrder = 0;
  /** Connections that were idle when it was filled; the one that had been so for longest is last. */
  #longestIdle: { readonly connection: Connection; readonly idleSince: number }[] = [];

  get size(): number {
    return this.#bySocket.size;
  }

  /** Adds a connection that is not known yet. */
  add(socket: Socket): void {
    const connection = new Connection(socket);
    this.#idleOrder += 1;
    connection.idleSince = this.#idleOrder;
    this.#bySocket.set(socket, connection);
    socket.once('close', () => {
      this.#bySocket.delete(socket);
      for (const exchange of [...connection.openExchanges]) exchange.handleDisconnect();
    });
  }

  find(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  /** Must be called when a request has ended. */
  markAnswered(connection: Connection): void {
    this.#idleOrder += 1;
    connection.markAnswered(this.#idleOrder);
  }

  /** Closes the connection that has had no request in flight for longest; false if each has one. */
  closeLongestIdle(): boolean {
    const longest = this.#takeLongestIdle() ?? this.#fillLongestIdle();
    // At once, so that no request is begun whose answer could not be sent.
    longest?.socket.destroy();
    return longest !== undefined;
  }

  #takeLongestIdle(): Connection | undefined {
    for (let next = this.#longestIdle.pop(); next !== undefined; next = this.#longestIdle.pop()) {
      const { connection, idleSince } = next;
      if (connection.isIdle && connection.idleSince === idleSince) return connection;
    }
    return undefined;
  }

  /** Sorts all idle ones at once, so that one that gives way costs no search of its own. */
  #fillLongestIdle(): Connection | undefined {
    this.#longestIdle = [...this.#bySocket.values()]
      .filter(({ isIdle }) => isIdle)
      .map((connection) => ({ connection, idleSince: connection.idleSince }))
      .sort((one, other) => other.idleSince - one.idleSince);
    return this.#takeLongestIdle();
  }

  get areFullyReceived(): boolean {
    return [...this.#bySocket.values()].every((connection) => connection.isFullyReceived);
  }

  /** Closes answered connections once their answers are sent. */
  closeAnswered(): void {
    for (const connection of this.#bySocket.values()) {
      if (connection.isAnsweredAndQuiet) connection.socket.destroySoon();
    }
  }

  /** Closes connections without a request in flight once their answers are sent. */
  closeIdle(): void {
    for (const { socket, openExchanges: open, upgraded } of this.#bySocket.values()) {
      if (open.size === 0 && !upgraded) socket.destroySoon();
    }
  }

  destroy(): void {
    for (const socket of [...this.#bySocket.keys()]) socket.destroy();
  }
}
