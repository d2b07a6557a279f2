import { type IncomingMessage, Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import { hasCode } from '../../util/errno.ts';
import type { Timers } from '../../util/timers.ts';
import { endWithAnswer, problem } from './answer.ts';
import { type Connection, Connections } from './connection.ts';
import { Exchange } from './exchange.ts';
import type { ReportRefusal } from './refusals.ts';
import { newRequestId } from './request-id.ts';
import { isWebSocketHandshake, withdrawOffer } from './upgrade-offer.ts';

/**
 * Ms that an idle connection stays open. The client should close it first: if the door did, a request sent at that
 * moment would be lost, and a POST is not repeated. Tunnels keep idle connections for up to 90 s (cloudflared, and
 * Go's http.Transport, which ngrok and Tailscale use), nginx for 60 s.
 */
const KEEP_ALIVE = 120_000;
/** Ms between two reports of dropped connections. */
const DROP_REPORT_INTERVAL = 1000;

/**
 * Ms after stop() in which a connected client may still send its first request; closing at once would reset a
 * connection that was just accepted.
 */
const LAST_REQUEST_GRACE = 500;
const POLL_INTERVAL = 5;
/** Connections that wait to be accepted; the system's limit (net.core.somaxconn) also applies. */
const BACKLOG = 4096;

/** Connections beyond the limit that may be open for a moment, until older ones are closed for them. */
const SPARE_CONNECTIONS = 64;

/** Requests in flight on one connection; only a client that pipelines has more than one. */
const MAX_PIPELINED = 16;

/** An address, or the descriptor of a socket that listens already. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly fd: number };

/** The part of the door that its public port needs. */
export interface ListenerContext {
  /** A reload changes them in place: read them anew for each connection and request. */
  readonly limits: Limits;
  readonly timers: Timers;
  /** Epoch ms. */
  readonly now: () => number;
  readonly reportRefusal: ReportRefusal;
}

/** Called for each request, and for each WebSocket handshake, on the public port. */
export interface Handlers {
  request(exchange: Exchange): void;
  upgrade(req: IncomingMessage, connection: Connection, early: Buffer): void;
  /** No connection is idle: ends a request that is still being received; false if there is none. */
  shedOne(): boolean;
}

/** The public port: Node's HTTP server with every limit set, which answers unreadable requests with problem details. */
export class Listener extends Server {
  readonly #context: ListenerContext;
  readonly #handlers: Handlers;
  readonly #connections = new Connections();
  #inFlight = 0;
  #stopped: Promise<void> | null = null;
  #graceIsOver = false;
  #dropped = 0;
  #droppedReportedAt = Number.NEGATIVE_INFINITY;

  constructor(context: ListenerContext, handlers: Handlers) {
    super(serverOptions(context.limits));
    this.#context = context;
    this.#handlers = handlers;
    this.configure(context.limits);
    // Node would silently drop the headers beyond 2000; their size is limited anyway.
    this.maxHeadersCount = 0;
    this.on('connection', (socket: Socket) => this.#addConnection(socket));
    this.on('request', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, false));
    this.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, true));
    this.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, false));
    this.on('upgrade', (req: IncomingMessage, stream: Duplex, early: Buffer) =>
      this.#upgrade(req, stream, early),
    );
    this.on('connect', (req: IncomingMessage, stream: Duplex) => this.#refuseTunnel(req, stream));
    this.on('clientError', (error: Error, stream: Duplex) => this.#refuseUnreadable(error, stream));
    this.on('drop', () => this.#countDropped());
  }

  /** Listens, and resolves with the address. Rejects with the system's error, or if a passed socket is not TCP. */
  start(where: ListenAddress): Promise<{ readonly host: string; readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.once('error', reject);
      // listen() sets the backlog of a passed socket anew; without this value Node would lower it to 511.
      this.listen('fd' in where ? { ...where, backlog: BACKLOG } : where, () => {
        this.off('error', reject);
        // accept() may fail later if no file descriptor is left: that costs one connection, not the process.
        this.on('error', (cause) => this.#reportOverload('a connection could not be accepted', cause));
        const address = this.address();
        if (typeof address === 'object' && address !== null) {
          resolve({ host: 'fd' in where ? address.address : where.host, port: address.port });
        } else {
          this.close();
          reject(new Error('the passed socket is not a TCP socket'));
        }
      });
    });
  }

  /** Accepts no new connection, and resolves when the last one has ended. A second call changes nothing. */
  stop(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.close(() => resolve());
      this.#context.timers.after(LAST_REQUEST_GRACE, () => {
        this.#graceIsOver = true;
        this.#connections.closeIdle();
      });
    });
    return this.#stopped;
  }

  /** Resolves when every accepted connection has sent its requests, at the latest LAST_REQUEST_GRACE after stop(). */
  async allReceived(): Promise<void> {
    while (!this.#graceIsOver && !this.#connections.areFullyReceived) {
      // Not one of the door's timers, which are cleared if it is closed meanwhile.
      await pause(POLL_INTERVAL);
    }
  }

  /** Applies new limits to connections and requests from now on. */
  configure(limits: Limits): void {
    // Room for a new connection until the one that it replaces is closed.
    this.maxConnections = limits.connections + SPARE_CONNECTIONS;
    // Node reads these at each connection and each check; its types lack maxHeaderSize.
    Object.assign(this, {
      maxHeaderSize: limits.headers,
      headersTimeout: limits.headerTime,
      requestTimeout: longestRequest(limits),
    });
  }

  /** Node's implementation would cut off an answer that is written but not sent yet. */
  override closeIdleConnections(): void {
    if (this.#graceIsOver) this.#connections.closeIdle();
    else this.#connections.closeAnswered();
  }

  /** Destroys every connection, upgraded ones too. */
  destroyConnections(): void {
    this.#connections.destroy();
  }

  /**
   * Beyond limits.connections the connection that has been idle for longest gives way, or else the request that has been
   * received for longest, so that neither idle nor slow clients keep others out. A connection whose offer of an upgrade was
   * withdrawn comes again, and has its place already.
   */
  #addConnection(socket: Socket): void {
    if (this.#connections.find(socket) !== undefined) return;
    const isFull = this.#connections.size >= this.#context.limits.connections;
    if (!isFull || this.#connections.closeLongestIdle() || this.#handlers.shedOne()) {
      this.#connections.add(socket);
    } else {
      socket.destroy();
      this.#countDropped();
    }
  }

  #accept(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.find(req.socket);
    // The connection is closed already; Node still emits the requests that it has read.
    if (connection === undefined) return;
    const { limits, timers } = this.#context;
    const exchange = new Exchange(req, res, {
      peer: connection.peer,
      arrivedAt: this.#context.now(),
      expectsContinue,
      timers,
      onDone: (done) => this.#finish(connection, done),
    });
    connection.openExchanges.add(exchange);
    connection.newestResponse = res;
    this.#inFlight += 1;
    if (!this.listening) res.shouldKeepAlive = false;
    if (this.#inFlight > limits.connections || connection.openExchanges.size > MAX_PIPELINED)
      this.#overload(exchange);
    else this.#handlers.request(exchange);
  }

  #upgrade(req: IncomingMessage, stream: Duplex, early: Buffer): void {
    const connection = this.#connectionOf(stream);
    if (connection === undefined) return;
    const { socket } = connection;
    // While an earlier request is unanswered, the client would read the upgrade's answer as that request's.
    if (connection.openExchanges.size > 0) {
      socket.destroy();
    } else if (isWebSocketHandshake(req)) {
      this.#handlers.upgrade(req, connection, early);
    } else if (connection.isSendingAnswer) {
      // Node would never send the answer to a request that is read again before the answer ahead of it is sent.
      socket.on('error', () => socket.destroy());
      socket.destroySoon();
    } else {
      withdrawOffer(req, socket, early);
      this.emit('connection', socket);
    }
  }

  #finish(connection: Connection, exchange: Exchange): void {
    connection.openExchanges.delete(exchange);
    this.#connections.markAnswered(connection);
    this.#inFlight -= 1;
    if (!this.listening) setImmediate(() => this.closeIdleConnections());
  }

  /** Only a client that pipelines can have more requests than connections. */
  #overload(exchange: Exchange): void {
    exchange.requestId = newRequestId();
    const error = new DoorError('GWPROXY_OVERLOADED', 'too many requests are in flight', { retryAfter: 1 });
    this.#context.reportRefusal(error, exchange, null);
    exchange.answer(problem(error, exchange.requestId), false);
  }

  #refuseTunnel(req: IncomingMessage, stream: Duplex): void {
    const connection = this.#connectionOf(stream);
    if (connection === undefined) return;
    const { socket } = connection;
    if (connection.openExchanges.size > 0) {
      socket.destroy();
      return;
    }
    socket.on('error', () => socket.destroy());
    const requestId = newRequestId();
    const error = new DoorError('GWPROXY_REQUEST_INVALID', 'CONNECT is not supported');
    this.#context.reportRefusal(error, { requestId, req }, null);
    endWithAnswer(socket, problem(error, requestId));
  }

  /**
   * Refuses a request that Node's parser cannot read, or that arrives too slowly. The connection closes in any case.
   */
  #refuseUnreadable(error: Error, stream: Duplex): void {
    const connection = this.#connectionOf(stream);
    if (connection === undefined) return;
    const { socket } = connection;
    const action = connection.actionOnUnreadableInput();
    // A connection that was opened ahead and not used yet expects no answer.
    const expectsAnswer = socket.writable && socket.bytesRead > 0 && !isSystemError(error);
    if (!expectsAnswer || action.kind === 'destroy') {
      socket.destroy();
    } else if (action.kind === 'end') {
      socket.destroySoon();
    } else {
      const known = refusalOf(error);
      const requestId = action.exchange?.requestId || newRequestId();
      this.#context.reportRefusal(known, { requestId, req: action.exchange?.req ?? {} }, null);
      endWithAnswer(socket, problem(known, requestId));
    }
  }

  #countDropped(): void {
    this.#dropped += 1;
    const now = this.#context.now();
    if (now - this.#droppedReportedAt < DROP_REPORT_INTERVAL) return;
    this.#reportOverload(`${this.#dropped} connections over limits.connections were dropped`);
    this.#droppedReportedAt = now;
    this.#dropped = 0;
  }

  #reportOverload(detail: string, cause?: Error): void {
    const error = new DoorError('GWPROXY_OVERLOADED', detail, { cause });
    this.#context.reportRefusal(error, { requestId: newRequestId(), req: {} }, null);
  }

  #connectionOf(stream: Duplex): Connection | undefined {
    const connection = stream instanceof Socket ? this.#connections.find(stream) : undefined;
    if (connection === undefined) stream.destroy();
    return connection;
  }
}

function serverOptions(limits: Limits): ServerOptions {
  return {
    // Explicit, so that NODE_OPTIONS=--insecure-http-parser has no effect.
    insecureHTTPParser: false,
    // readHead refuses a missing Host, like every other faulty head.
    requireHostHeader: false,
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headerTime,
    requestTimeout: longestRequest(limits),
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: KEEP_ALIVE,
    noDelay: true,
  };
}

function longestRequest(limits: Limits): number {
  return Math.max(limits.headerTime, limits.bodyTime);
}

/** Whether the connection itself broke, so that no answer can be sent. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error;
}

function refusalOf(error: Error): DoorError {
  const options = { cause: error };
  if (hasCode(error, 'HPE_HEADER_OVERFLOW')) {
    return new DoorError('GWPROXY_HEADERS_TOO_LARGE', 'the headers are too large', options);
  }
  if (hasCode(error, 'ERR_HTTP_REQUEST_TIMEOUT')) {
    return new DoorError('GWPROXY_REQUEST_TIMEOUT', 'the request arrived too slowly', options);
  }
  return new DoorError('GWPROXY_REQUEST_INVALID', 'the request is not HTTP, or is ambiguous', options);
}
