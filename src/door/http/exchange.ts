import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timers } from '../../util/timers.ts';
import { type OwnAnswer, writeAnswer } from './answer.ts';
import type { Client } from './client.ts';
import { clientOf, type Peer } from './peer.ts';

/** Bytes of an unread body that are read and dropped after the answer, to keep the connection. */
const MAX_DISCARDED = 64 * 1024;
/** Ms that a connection is still read before it is closed, so that a reset does not overtake the answer. */
const LINGER = 2000;

/** The memory that a request's body has. */
export interface BodyShare {
  readonly bytes: number;
  /**
   * Must be called before each slice of work on the body. Throws GWPROXY_OVERLOADED if its memory was given to another: it
   * is only free once nobody works on the body any more.
   */
  checkNotEvicted(): void;
  /**
   * The body is complete and for these profiles: it keeps its memory. Throws GWPROXY_OVERLOADED if that was evicted, or if
   * their share is used up.
   */
  keepFor(profiles: readonly string[]): void;
  /** A second call does nothing. */
  release(): void;
}

/** One request and its answer. */
export class Exchange implements Client {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly peer: Peer;
  /** Epoch ms of the head's arrival, where the sender's deadline begins. */
  readonly arrivedAt: number;
  /** The sender's X-Request-Id if it is acceptable, else a generated id; '' until the head is read. */
  requestId = '';
  /** The memory of its body; null if none of it is in memory. Must be released when the request ends. */
  memory: BodyShare | null = null;
  isDisconnected = false;
  /** The door has written an answer of its own. */
  answered = false;
  readonly #timers: Timers;
  readonly #onDone: (exchange: Exchange) => void;
  #onDisconnect: (() => void) | null = null;
  #ended = false;
  #clientAddress: string | null = null;
  #owesContinue: boolean;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    facts: {
      readonly peer: Peer;
      readonly arrivedAt: number;
      readonly expectsContinue: boolean;
      readonly timers: Timers;
      /** Called once, when the answer is complete or there will be none. */
      readonly onDone: (exchange: Exchange) => void;
    },
  ) {
    this.req = req;
    this.res = res;
    this.peer = facts.peer;
    this.arrivedAt = facts.arrivedAt;
    this.#owesContinue = facts.expectsContinue;
    this.#timers = facts.timers;
    this.#onDone = facts.onDone;
    // Without a listener, a late write would end the process.
    res.on('error', () => this.handleDisconnect());
  }

  /** Who sent the request, as far as the door can know: see `clientOf`. */
  get clientAddress(): string {
    this.#clientAddress ??= clientOf(this.peer, this.req.headers['x-forwarded-for']?.toString());
    return this.#clientAddress;
  }

  /** Must be called when the connection closed. */
  handleDisconnect(): void {
    if (this.isDisconnected || this.#ended) return;
    this.isDisconnected = true;
    const handler = this.#onDisconnect;
    this.#onDisconnect = null;
    this.#onDone(this);
    handler?.();
  }

  onDisconnect(handler: (() => void) | null): void {
    this.#onDisconnect = handler;
  }

  /** Must be called before the body is read: sends 100 Continue if the client waits for it (RFC 9110 §10.1.1). */
  sendContinueIfExpected(): void {
    if (!this.#owesContinue) return;
    this.#owesContinue = false;
    this.res.writeContinue();
  }

  /** Ends the answer with `last` as its last bytes; a string is latin1. A later disconnect has no effect. */
  end(last: string | Buffer | null = null): void {
    this.#close();
    // An unread body would block the connection's next request.
    if (!this.req.complete) this.req.resume();
    if (typeof last === 'string') this.res.end(last, 'latin1');
    else this.res.end(last ?? undefined);
  }

  /** Sends the door's own answer; closes the connection after it also if the rest of a large body would be left unread. */
  answer(own: OwnAnswer, mustClose: boolean): void {
    if (this.isDisconnected) return;
    if (this.res.headersSent) {
      this.abort();
      return;
    }
    const unread = !this.req.complete && this.#unreadBytes() > MAX_DISCARDED;
    this.answered = true;
    writeAnswer(this.res, own, mustClose || unread || this.#owesContinue);
    if (!unread || this.#owesContinue) {
      this.end();
      return;
    }
    const timer = this.#timers.after(LINGER, () => this.end());
    this.#onDisconnect = () => this.#timers.cancel(timer);
    this.req.removeAllListeners('data');
    this.req.once('end', () => {
      this.#timers.cancel(timer);
      if (!this.isDisconnected) this.end();
    });
    this.req.resume();
  }

  /** Breaks off the answer so that the client sees that it is incomplete. */
  abort(): void {
    this.#close();
    // In HTTP/1.0 the end of the connection ends the answer (RFC 9112 §6.3); only a reset shows that it is incomplete.
    if (this.req.httpVersionMinor === 0) this.req.socket.resetAndDestroy();
    else this.res.destroy();
  }

  #close(): void {
    const isFirst = !this.#ended && !this.isDisconnected;
    this.#ended = true;
    this.#onDisconnect = null;
    if (isFirst) this.#onDone(this);
  }

  #unreadBytes(): number {
    const declared = this.req.headers['content-length'];
    if (declared !== undefined) return Number(declared);
    return this.req.headers['transfer-encoding'] === undefined ? 0 : Number.POSITIVE_INFINITY;
  }
}
