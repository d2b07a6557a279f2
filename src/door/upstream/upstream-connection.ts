import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { hasCode } from '../../util/errno.ts';

/**
 * If the connection closes within this many ms after a request was written, the gateway was closing it as idle. A
 * later close means that the gateway failed while it handled the request.
 */
const RACE = 250;
/** The error's codes if the gateway closed the connection; with any other code the door did. */
const CLOSED_THERE = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'] as const;

/** Observes the connections to one listener. */
export interface ConnectionObserver {
  readonly now: () => number;
  /**
   * Called before a connection is opened. The returned check runs once it is open, and returns an Error if another
   * process may hold the port now, else null.
   */
  ownerCheck(): () => Error | null;
  /** A connection is open. Returns its number, higher than all before. */
  opened(): number;
  /** The connection has received a whole answer, and is idle now. */
  answered(number: number): void;
  /** The gateway closed a connection that was idle for that many ms. */
  closedIdle(idle: number): void;
  /** A request was written after that many idle ms just as the gateway closed the connection: it may have been read. */
  brokeReused(idle: number): void;
}

/** One slot of a pool: one connection at a time, with one request at a time. */
export class UpstreamConnection extends Client {
  readonly #observer: ConnectionObserver;
  #socket: Socket | null = null;
  #number = 0;
  #sentAt = 0;
  /** The connection has received an answer, and has no request. */
  #isIdle = false;
  #idleSince = 0;
  #written = 0;
  #read = 0;

  constructor(
    origin: URL,
    options: Client.Options,
    connector: buildConnector.connector,
    observer: ConnectionObserver,
  ) {
    super(origin, {
      ...options,
      connect: (to, done) => {
        const findForeignOwner = observer.ownerCheck();
        connector(to, (...result) => {
          if (result[0] !== null) return done(...result);
          const foreignOwner = findForeignOwner();
          if (foreignOwner === null) {
            this.#open(result[1]);
            return done(...result);
          }
          result[1].destroy();
          return done(foreignOwner, null);
        });
      },
    });
    this.#observer = observer;
    this.on('drain', () => this.#drain());
    this.on('disconnect', (_origin, _targets, error) => this.#disconnect(error));
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#sentAt = this.#observer.now();
    return super.dispatch(options, handler);
  }

  #open(socket: Socket): void {
    this.#socket = socket;
    this.#isIdle = false;
    this.#number = this.#observer.opened();
  }

  /** undici emits 'drain' whenever a request can be dispatched, even without a connection. */
  #drain(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#isIdle = true;
    this.#idleSince = this.#observer.now();
    this.#written = socket.bytesWritten;
    this.#read = socket.bytesRead;
    this.#observer.answered(this.#number);
  }

  #disconnect(error: unknown): void {
    const socket = this.#socket;
    const wasIdle = this.#isIdle;
    this.#socket = null;
    this.#isIdle = false;
    if (socket === null || !wasIdle || !hasCode(error, ...CLOSED_THERE)) return;
    const now = this.#observer.now();
    if (socket.bytesWritten === this.#written) this.#observer.closedIdle(now - this.#idleSince);
    else if (socket.bytesRead === this.#read && now - this.#sentAt < RACE) {
      this.#observer.brokeReused(this.#sentAt - this.#idleSince);
    }
  }
}
