import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { hasCode } from '../../util/errno.ts';

/**
 * A gateway that closes an idle connection just as a request is written to it resets it, or ends it, within one
 * round trip; what takes longer than this many ms is a gateway that broke while it worked.
 */
const RACE = 250;
/** The gateway's side closed; every other end is of our own making. */
const CLOSED_THERE = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'] as const;

/** Who hears what becomes of the connections to one listener. */
export interface ConnectionObserver {
  readonly now: () => number;
  /** A connection is begun. To be asked when it stands: why it may be to somebody else; null where it is not. */
  ownerCheck(): () => Error | null;
  /** A connection stands; its number is higher than that of all before it. */
  opened(): number;
  /** It has brought a whole answer, and is idle now. */
  answered(number: number): void;
  /** The gateway closed it, with nothing written, after that many ms without a request. */
  closedIdle(idle: number): void;
  /** It was idle for that many ms, and the request then written to it found it closed: nobody knows if it was read. */
  brokeReused(idle: number): void;
}

/** One place of a pool: one connection at a time, one request at a time on it. */
export class UpstreamConnection extends Client {
  readonly #observer: ConnectionObserver;
  #socket: Socket | null = null;
  #number = 0;
  #sentAt = 0;
  /** Of the connection, once it has brought an answer. */
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

  /** Told of each time that it can take a request, also when it has no connection yet. */
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
