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

/**
 * The side that takes requests from a connection must close it first: otherwise a request may come in just as we
 * close, and a POST that was lost so is not sent again. Tunnels keep idle connections for up to 90 s
 * (cloudflared, and Go's http.Transport, which ngrok and Tailscale use); nginx keeps them for 60 s.
 */
const KEEP_ALIVE = 120_000;
/** Dropped connections are told of at most this often. */
const DROP_REPORT_INTERVAL = 1000;

/**
 * Whoever has connected when the door closes, and was not heard yet, may still send a request for so many ms: it
 * would be a reset to him otherwise, of a connection that was taken.
 */
const LAST_REQUEST_GRACE = 500;
const POLL_INTERVAL = 5;
/** Connections that wait to be taken; the system's own limit (net.core.somaxconn) is at most that. */
const BACKLOG = 4096;

/** Requests that one connection may have under way: only a client that pipelines has more than one. */
const MAX_PIPELINED = 16;

/** An address, or a socket that listens already. */
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

/** What the public port hands on. */
export interface Handlers {
  request(exchange: Exchange): void;
  upgrade(req: IncomingMessage, connection: Connection, early: Buffer): void;
}

/** The public port: Node's HTTP server with every limit set, and what its parser refuses, in our own words. */
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
    // Node would drop the headers beyond 2000 and pass on the rest; their size is limited anyway.
    this.maxHeadersCount = 0;
    this.on('connection', (socket: Socket) => this.#connections.add(socket));
    this.on('request', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, false));
    this.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, true));
    this.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => this.#accept(req, res, false));
    // Behind a request that is not answered yet, whatever was written now would be taken for its answer.
    this.on('upgrade', (req: IncomingMessage, stream: Duplex, early: Buffer) => {
      const connection = this.#connectionOf(stream);
      if (connection === undefined) return;
      if (connection.openExchanges.size > 0) stream.destroy();
      else this.#handlers.upgrade(req, connection, early);
    });
    this.on('connect', (req: IncomingMessage, stream: Duplex) => this.#refuseTunnel(req, stream));
    this.on('clientError', (error: Error, stream: Duplex) => this.#refuseUnread(error, stream));
    this.on('drop', () => this.#countDropped());
  }

  /** Rejects with the system's error, or where a socket that was passed is not TCP. */
  start(where: ListenAddress): Promise<{ readonly host: string; readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.once('error', reject);
      // To listen on a socket anew sets its backlog, which Node would lower to 511.
      this.listen('fd' in where ? { ...where, backlog: BACKLOG } : where, () => {
        this.off('error', reject);
        // accept() may fail later, for want of file descriptors: one connection is lost, not the process.
        this.on('error', (cause) => this.#reportOverload('a connection could not be taken', cause));
        const address = this.address();
        if (typeof address === 'object' && address !== null) {
          resolve({ host: 'fd' in where ? address.address : where.host, port: address.port });
        } else {
          this.close();
          reject(new Error('it is no TCP socket'));
        }
      });
    });
  }

  /** Takes no new connection, and resolves when the last one has ended; a second call changes nothing. */
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

  /** Once every connection that was taken is heard: its request is here, or it has ended. */
  async allReceived(): Promise<void> {
    while (!this.#graceIsOver && !this.#connections.areFullyReceived) {
      // Not one of the door's timers, which end when it is closed at once meanwhile.
      await pause(POLL_INTERVAL);
    }
  }

  /** For connections and requests from now on. */
  configure(limits: Limits): void {
    this.maxConnections = limits.connections;
    // Node reads these of the server at each connection and at each check; maxHeaderSize its types leave out.
    Object.assign(this, {
      maxHeaderSize: limits.headers,
      headersTimeout: limits.headerTime,
      requestTimeout: longestRequest(limits),
    });
  }

  /** Node's own would cut an answer that is written but not yet on the wire. */
  override closeIdleConnections(): void {
    if (this.#graceIsOver) this.#connections.closeIdle();
    else this.#connections.closeAnswered();
  }

  /** Breaks off everything, upgraded connections too. */
  destroyConnections(): void {
    this.#connections.destroy();
  }

  #accept(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    const connection = this.#connections.find(req.socket);
    // Closed already: Node still hands on what it has read.
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
    this.#inFlight += 1;
    if (!this.listening) res.shouldKeepAlive = false;
    if (this.#inFlight > limits.connections || connection.openExchanges.size > MAX_PIPELINED)
      this.#overload(exchange);
    else this.#handlers.request(exchange);
  }

  #finish(connection: Connection, exchange: Exchange): void {
    connection.openExchanges.delete(exchange);
    connection.markAnswered();
    this.#inFlight -= 1;
    if (!this.listening) setImmediate(() => this.closeIdleConnections());
  }

  /** Only a client that pipelines can have more requests than connections. */
  #overload(exchange: Exchange): void {
    exchange.requestId = newRequestId();
    const error = new DoorError('GWPROXY_OVERLOADED', 'too many requests are under way', { retryAfter: 1 });
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
    const error = new DoorError('GWPROXY_REQUEST_INVALID', 'this is no proxy to tunnel through');
    this.#context.reportRefusal(error, { requestId, req }, null);
    endWithAnswer(socket, problem(error, requestId));
  }

  /** What Node's parser does not read, or what comes too slowly. The connection closes in any case. */
  #refuseUnread(error: Error, stream: Duplex): void {
    const connection = this.#connectionOf(stream);
    if (connection === undefined) return;
    const { socket } = connection;
    const action = connection.actionOnUnreadableInput();
    // A connection that is merely opened ahead and not used yet expects no answer.
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
    this.#reportOverload(`${this.#dropped} connections over the limit dropped`);
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
    // Explicit, so that NODE_OPTIONS=--insecure-http-parser changes nothing here.
    insecureHTTPParser: false,
    // Refused in our own words, with everything else that is wrong with a Host.
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

/** The connection itself broke: there is nobody to answer. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error;
}

function refusalOf(error: Error): DoorError {
  const options = { cause: error };
  if (hasCode(error, 'HPE_HEADER_OVERFLOW')) {
    return new DoorError('GWPROXY_HEADERS_TOO_LARGE', 'the headers are too large', options);
  }
  if (hasCode(error, 'ERR_HTTP_REQUEST_TIMEOUT')) {
    return new DoorError('GWPROXY_REQUEST_TIMEOUT', 'the request came too slowly', options);
  }
  return new DoorError('GWPROXY_REQUEST_INVALID', 'this is not HTTP that can be read in one way', options);
}
