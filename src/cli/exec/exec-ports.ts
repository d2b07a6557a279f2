import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseStatus } from '../../admin/status.ts';
import type { ProfilePlan } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { askRunning } from '../ask-running.ts';

/**
 * The port of each listener, by its name. For `port: auto` it is the running gateway's port, so that the program can
 * reach the gateway; if none runs, a port that is free now, so that the program can serve in its place.
 */
export async function resolvePorts(
  profile: ProfilePlan,
  configFile: string,
): Promise<ReadonlyMap<string, number>> {
  const auto = profile.listeners.some(({ port }) => port === 'auto');
  const running = auto ? await runningPorts(profile.name, configFile) : new Map<string, number>();
  const ports = new Map<string, number>();
  for (const { name, host, port } of profile.listeners) {
    ports.set(name, port === 'auto' ? (running.get(name) ?? (await freePort(host))) : port);
  }
  return ports;
}

async function runningPorts(profile: string, configFile: string): Promise<ReadonlyMap<string, number>> {
  try {
    const { profiles } = parseStatus(await askRunning(configFile, 'GET', '/status'));
    const listeners = profiles.find(({ name }) => name === profile)?.listeners ?? [];
    return new Map(listeners.flatMap(({ name, port }) => (port === null ? [] : [[name, port] as const])));
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.notRunning) return new Map();
    throw error;
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error(`no port on ${host}`);
  return address.port;
}
