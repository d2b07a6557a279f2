import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Address } from '../../snapshot.ts';
import type { Timers } from '../../util/timers.ts';
import { endWithAnswer, problem } from '../http/answer.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import type { Connection } from '../http/connection.ts';
import { clientOf } from '../http/peer.ts';
import { asDoorError, type ReportRefusal } from '../http/refusals.ts';
import { newRequestId } from '../http/request-id.ts';
import { noAnswerError } from '../upstream/failure.ts';
import type { ForwardOutcome } from '../upstream/forward.ts';
import { gatewaysStatus } from '../upstream/headers.ts';
import type { Leases } from '../upstream/leases.ts';
import { CONNECT_TIMEOUT, type Upstream } from '../upstream/upstreams.ts';

/** Ms in which the last bytes may be sent to one side after the other side has ended. */
const LAST_BYTES = 2000;

/** The part of the door that an upgraded connection needs. */
export interface SessionContext {
  readonly limits: Limits;
  readonly timers: Timers;
  readonly leases: Leases;
  /** Epoch ms. */
  readonly now: () => number;
  readonly reportRefusal: ReportRefusal;
}

/** A connection that is upgraded or asks to be. */
export class Session implements Client {
  readonly peer: Connection['peer'];
  readonly clientAddress: string;
  readonly arrivedAt: number;
  requestId = newRequestId();
  isDisconnected = false;
  readonly #context: SessionContext;
  readonly #requestLine: { readonly method: string | undefined; readonly url: string | undefined };
  readonly #socket: Socket;
  #onDisconnect: (() => void) | null = null;
  /** The gateway or the door has answered: no further HTTP may be written. */
  #answered = false;
  #fail: (error: unknown) => void = () => {};
  readonly #handleDisconnect = (): void => {
    if (this.isDisconnected || this.#answered) return;
    this.isDisconnected = true;
    const handler = this.#onDisconnect;
    this.#onDisconnect = null;
    handler?.();
    this.#socket.destroy();
  };

  constructor(context: SessionContext, req: IncomingMessage, connection: Connection) {
    connection.upgraded = true;
    this.#context = context;
    this.#requestLine = { method: req.method, url: req.url };
    this.#socket = connection.socket;
    this.peer = connection.peer;
    // Read now: the headers become those for the gateway.
    this.clientAddress = clientOf(this.peer, req.headers['x-forwarded-for']?.toString());
    this.arrivedAt = context.now();
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', this.#handleDisconnect);
    // A client must not send before the answer (RFC 6455 §4.1): to a gateway that does not upgrade, those bytes could
    // be a request.
    this.#socket.on('data', this.#handleDisconnect).once('end', this.#handleDisconnect);
  }

  onDisconnect(handler: (() => void) | null): void {
    this.#onDisconnect = handler;
  }

  /** Connects to the upstream, and joins both sides under a lease until the client's connection ends. */
  async join(
    upstream: Upstream,
    address: Address,
    start: (socket: Socket, agent: Agent) => Promise<void>,
  ): Promise<ForwardOutcome> {
    const { leases } = this.#context;
    const generation = leases.generation(upstream.target.profile, upstream.target.generation);
    leases.acquire(generation);
    try {
      const findForeignOwner = upstream.ownerCheck();
      const socket = await this.#connect(address);
      if (socket instanceof Error) return { kind: 'unsent', cause: socket };
      const foreignOwner = findForeignOwner();
      if (foreignOwner !== null) {
        socket.destroy();
        return { kind: 'unsent', cause: foreignOwner };
      }
      await this.#switch(socket, start);
      return { kind: 'answered' };
    } finally {
      leases.release(generation);
    }
  }

  /** Must be called when httpxy has made the request to the upstream, before it is sent. */
  trackRequest(out: ClientRequest): void {
    const { timers, limits } = this.#context;
    const timer = timers.after(limits.answerTime, () => out.destroy(new AnswerTimeout()));
    out.once('close', () => timers.cancel(timer));
    this.onDisconnect(() => {
      out.destroy();
      this.#fail(new ClientDisconnected());
    });
    const answered = (answer: IncomingMessage): void => {
      timers.cancel(timer);
      this.#answered = true;
      this.onDisconnect(null);
      answer.headers['x-request-id'] ??= this.requestId;
      const status = answer.headers['proxy-status'];
      if (typeof status === 'string') answer.headers['proxy-status'] = gatewaysStatus(status);
      this.#socket.off('data', this.#handleDisconnect).off('end', this.#handleDisconnect);
    };
    // Prepended, since httpxy's own listeners write to the client.
    out.prependOnceListener('response', answered);
    out.prependOnceListener('upgrade', (answer: IncomingMessage, upstream: Socket) => {
      answered(answer);
      this.#tie(this.#socket, upstream);
      this.#tie(upstream, this.#socket);
    });
  }

  /**
   * Must be called when httpxy fails. The answer is written at once, since httpxy closes the client's connection
   * next.
   */
  proxyFailed(error: Error): void {
    if (this.#answered) return;
    const known = error instanceof AnswerTimeout ? error.known : noAnswerError(error);
    this.#answer(known);
    this.#fail(known);
  }

  refuse(error: unknown, profile: string | null): void {
    if (error instanceof ClientDisconnected) return;
    const known = asDoorError(error);
    this.#context.reportRefusal(known, { requestId: this.requestId, req: this.#requestLine }, profile);
    this.#answer(known);
  }

  #answer(error: DoorError): void {
    if (this.#answered || this.isDisconnected) return;
    this.#answered = true;
    this.#socket.off('data', this.#handleDisconnect).off('end', this.#handleDisconnect).resume();
    endWithAnswer(this.#socket, problem(error, this.requestId));
  }

  /** Resolves with the socket, or with the error of a failed connection. Rejects with ClientDisconnected. */
  #connect(address: Address): Promise<Socket | Error> {
    const { timers } = this.#context;
    return new Promise((resolve, reject) => {
      const socket = connect('socket' in address ? { path: address.socket } : { ...address });
      const timer = timers.after(CONNECT_TIMEOUT, () =>
        socket.destroy(Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' })),
      );
      const settle = (): void => {
        timers.cancel(timer);
        this.onDisconnect(null);
        socket.off('error', failed).off('connect', connected);
      };
      const failed = (error: Error): void => {
        settle();
        resolve(error);
      };
      const connected = (): void => {
        settle();
        resolve(socket);
      };
      socket.once('error', failed).once('connect', connected);
      this.onDisconnect(() => {
        settle();
        socket.destroy();
        reject(new ClientDisconnected());
      });
    });
  }

  #switch(upstream: Socket, start: (socket: Socket, agent: Agent) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#socket.once('close', () => {
        upstream.destroy();
        resolve();
      });
      start(this.#socket, new ConnectedAgent(upstream)).catch(reject);
    });
  }

  /** Ends `other` when `ended` ends: a WebSocket has no half-open connections. */
  #tie(ended: Socket, other: Socket): void {
    const end = (): void => {
      if (other.destroyed) return;
      other.destroySoon();
      const timer = this.#context.timers.after(LAST_BYTES, () => other.destroy());
      other.once('close', () => this.#context.timers.cancel(timer));
    };
    ended.once('end', end).once('close', end);
  }
}

/**
 * An agent that uses an open connection, since it must be known whether the gateway accepts one before a byte is
 * sent.
 */
class ConnectedAgent extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

class AnswerTimeout extends Error {
  readonly known = new DoorError('GWPROXY_UPSTREAM_TIMEOUT', 'the gateway gave no answer in time');
}
