import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timers } from '../../util/timers.ts';
import { type OwnAnswer, writeAnswer } from './answer.ts';
import type { Client } from './client.ts';
import type { Peer } from './peer.ts';

/** What is left of a body once the answer is there: read and dropped up to this size, to keep the connection. */
const MAX_DISCARDED = 64 * 1024;
/** How long a connection that will be closed is still read, so that a reset does not overtake the answer. */
const LINGER = 2000;

/** One request and its answer. */
export class Exchange implements Client {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly peer: Peer;
  /** Epoch ms of the head's arrival, from which the sender's deadline counts. */
  readonly arrivedAt: number;
  /** The sender's X-Request-Id once the head is read, where it may be kept; else one of our own. */
  requestId = '';
  /** Bytes of its body that are held in memory. */
  buffered = 0;
  isDisconnected = false;
  /** The door's own answer is written whole. */
  answered = false;
  readonly #timers: Timers;
  readonly #onDone: (exchange: Exchange) => void;
  #onDisconnect: (() => void) | null = null;
  #ended = false;
  #owesContinue: boolean;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    facts: {
      readonly peer: Peer;
      readonly arrivedAt: number;
      readonly expectsContinue: boolean;
      readonly timers: Timers;
      /** Called once, when it has an answer, or will have none. */
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
    // Without a listener, a write that comes too late would end the process.
    res.on('error', () => this.handleDisconnect());
  }

  /** Its connection closed. */
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

  /** The body is about to be read: the one moment for 100 Continue (RFC 9110 §10.1.1). */
  sendContinueIfExpected(): void {
    if (!this.#owesContinue) return;
    this.#owesContinue = false;
    this.res.writeContinue();
  }

  /** Ends an answer, with `last` as its last bytes; from here on the client has nothing to leave. */
  end(last: string | Buffer | null = null): void {
    this.#close();
    // A body that nobody wants any more would otherwise block the connection's next request.
    if (!this.req.complete) this.req.resume();
    if (typeof last === 'string') this.res.end(last, 'latin1');
    else this.res.end(last ?? undefined);
  }

  /** Gives a door's own answer, and closes the connection after it where what follows cannot be trusted. */
  answer(own: OwnAnswer, framingInDoubt: boolean): void {
    if (this.isDisconnected) return;
    if (this.res.headersSent) {
      this.abort();
      return;
    }
    const unread = !this.req.complete && this.#unreadBytes() > MAX_DISCARDED;
    this.answered = true;
    writeAnswer(this.res, own, framingInDoubt || unread || this.#owesContinue);
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

  /** Breaks the answer off, so that nobody takes it for a whole one. */
  abort(): void {
    this.#close();
    // To HTTP/1.0, the end of the connection is the end of the answer (RFC 9112 §6.3): only a reset is not.
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
