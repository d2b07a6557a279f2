import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A client that writes bytes and reads bytes: what no HTTP library would send, and what really came back. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = '';
  #wake: () => void = () => {};
  #error: Error | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#received += chunk;
      this.#wake();
    });
    // A reset is one way in which a door may close; tests ask for the close, and for what came before it.
    socket.on('error', (error) => {
      this.#error = error;
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  get received(): string {
    return this.#received;
  }

  /** Each character is one byte. */
  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Waits until what came matches; throws where the connection closes before. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      if (this.socket.destroyed) {
        throw new Error(`closed (${this.#error?.message ?? 'cleanly'}) after: ${this.#received}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received;
  }

  /** Waits until that text came so many times. */
  async times(text: string, count: number): Promise<void> {
    while (this.#received.split(text).length <= count) {
      if (this.socket.destroyed) throw new Error(`closed after: ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** All that came until the connection closed. */
  async end(): Promise<string> {
    await this.closed;
    return this.#received;
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** One with allowHalfOpen goes on when the other side has ended. */
export async function dial(t: TestContext, port: number, allowHalfOpen = false): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  t.after(() => socket.destroy());
  const client = new RawClient(socket);
  await once(socket, 'connect');
  return client;
}

/** Sends bytes on a connection of their own and gives back all that came until the door closed it. */
export async function exchangeRaw(t: TestContext, port: number, bytes: string): Promise<string> {
  return (await dial(t, port)).send(bytes).end();
}

export interface RawUpstream {
  readonly port: number;
  readonly server: Server;
  /** Everything that came, over all connections. */
  readonly received: () => string;
  readonly sockets: readonly Socket[];
  /** Waits for a connection after those returned before. */
  take(): Promise<RawClient>;
}

/** An upstream that shows the bytes it gets and answers with bytes. */
export async function rawUpstream(t: TestContext, allowHalfOpen = false): Promise<RawUpstream> {
  const sockets: Socket[] = [];
  const peers: RawClient[] = [];
  const waiting: ((peer: RawClient) => void)[] = [];
  const fresh: RawClient[] = [];
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.push(socket);
    const peer = new RawClient(socket);
    peers.push(peer);
    const next = waiting.shift();
    if (next === undefined) fresh.push(peer);
    else next(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: portOf(server),
    server,
    sockets,
    received: () => peers.map((peer) => peer.received).join(''),
    take: () => {
      const peer = fresh.shift();
      return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
    },
  };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return address.port;
}
