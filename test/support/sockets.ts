import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUpAfter, type Scope } from './clean-up.ts';

/** Has the server listen on a free port of 127.0.0.1 until the test ends; the port. */
export function listen(test: Scope, server: Server): Promise<number> {
  return listenOn(test, server, 0);
}

/** The same, on that port. */
export async function listenOn(test: Scope, server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  test.after(async () => {
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listens on no port');
  return address.port;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const closing: (() => Promise<void>)[] = [];
  const port = await listen({ after: (close) => closing.push(close) }, createServer());
  for (const close of closing) await close();
  return port;
}

/** A folder that is gone when the test has run. */
export async function temporaryFolder(test: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-'));
  cleanUpAfter(test, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves once somebody listens there; rejects after 15 s. */
export async function listening(port: number): Promise<void> {
  for (const since = performance.now(); ; await pause(20)) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() - since > 15_000) throw error;
    } finally {
      socket.destroy();
    }
  }
}
