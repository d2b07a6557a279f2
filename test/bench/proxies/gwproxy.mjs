// The built command line on a config with the upstreams as `url:` profiles; prints the door's port.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { appId } from '../activity.mjs';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Starts gwproxy in front of these ports; resolves once every profile is ready. */
export async function startGwproxy(ports, prefix = []) {
  const folder = mkdtempSync(join(tmpdir(), 'gwproxy-bench-'));
  const config = join(folder, 'gwproxy.yaml');
  const profiles = ports.map(
    (port, bot) =>
      `  bot-${bot}:\n    url: http://127.0.0.1:${port}\n    routes: [{ bot_framework: { app: ${appId(bot)} } }]\n`,
  );
  writeFileSync(config, `listen: 127.0.0.1:0\nprofiles:\n${profiles.join('')}`);
  const [program, ...args] = [...prefix, process.execPath, main, 'up', '-c', config];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GWPROXY_STATE_DIR: join(folder, 'state') },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let port = 0;
  const ready = new Set();
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line);
    if (event.type === 'door.listening') port = event.port;
    if (event.type === 'gateway.state' && event.state === 'ready') ready.add(event.profile);
    if (port !== 0 && ready.size === ports.length) break;
  }
  child.stdout.resume();
  if (port === 0) throw new Error('gwproxy did not start');
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
