import { connect, createServer } from 'node:net';
import { errorCode } from '../../util/errno.ts';

/** Timeout in ms of a connection to a port that gwproxy cannot bind; loopback answers at once. */
const CONNECT_TIMEOUT = 500;

/** Whether a gateway could listen there now; finds out by listening. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const code = await tryListen(host, port);
  if (code === null) return true;
  if (code === 'EADDRINUSE') return false;
  // A privileged port, or an address that is not this machine's (a container's): in use if it accepts connections.
  return !(await acceptsConnections(host, port));
}

/** The system's error code for listening there; null if it is permitted. */
export function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(CONNECT_TIMEOUT);
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}
