import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

/** A foreign server, in the test's own process; it answers every request with 200. */
export interface ForeignServer {
  /** The paths of its requests. */
  readonly paths: readonly string[];
  close(): Promise<void>;
}

export async function foreignServerOn(
  fault: { after(cleanUp: () => Promise<void>): void },
  port: number,
): Promise<ForeignServer> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url ?? '');
    response.end('I am a foreign process');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  async function leave(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  fault.after(leave);
  return { paths: heard, close: leave };
}

/** A port that is free now, below the ports that gwproxy allocates and those of client sockets. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 9_000);
    if (await canListen(port)) return port;
  }
}

/** Resolves once no process listens on the port; rejects after 15 s. */
export async function freed(port: number): Promise<void> {
  for (const since = performance.now(); !(await canListen(port)); ) {
    if (performance.now() - since > 15_000) throw new Error(`somebody still listens on port ${port}`);
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createTcpServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
