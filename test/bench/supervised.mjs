// The same gateways under gwproxy and under pm2, each with a home in a temporary folder.
import { execFileSync, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ask, processesWhere } from './measure.mjs';

const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const MAIN = fromRoot('dist/cli/main.js');
const PM2 = fromRoot('node_modules/pm2/bin/pm2');
const READY_MS = 120_000;

// Not the name: a version manager's shim would be started, and measured, each time.
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();
/** No Node of their own, so that the supervisors' memory is not shared with their gateways. */
export const gateway = [python, fromRoot('test/bench/gateways/light.py')];

export function names(count) {
  return Array.from({ length: count }, (_, index) => `bot-${index}`);
}

/** gwproxy with `count` gateways, once all are ready; `fields` are every profile's own. */
export async function underGwproxy(count, fields = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gwproxy-bench-'));
  const config = join(folder, 'gwproxy.yaml');
  const mark = `BENCH=${folder}`;
  const profile = {
    command: gateway,
    env: { BENCH: folder },
    listeners: { http: { port_env: 'PORT', health: '/health' } },
    ...fields,
  };
  const profiles = Object.fromEntries(names(count).map((name) => [name, profile]));
  // JSON is YAML too.
  writeFileSync(config, JSON.stringify({ listen: '127.0.0.1:0', profile_paths: true, profiles }));
  const env = { ...process.env, GWPROXY_STATE_DIR: join(folder, 'state') };
  const child = spawn(process.execPath, [MAIN, 'up', '-c', config], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const events = new EventEmitter();
  let port = 0;
  const ready = new Set();
  const allReady = new Promise((resolve, reject) => {
    exited.then(([code]) => reject(new Error(`gwproxy ended with ${code}`)));
    setTimeout(() => reject(new Error('not all gateways became ready')), READY_MS).unref();
    createInterface(child.stdout).on('line', (line) => {
      const event = JSON.parse(line);
      events.emit('event', event);
      if (event.type === 'door.listening') port = event.port;
      if (event.type !== 'gateway.state' || event.state !== 'ready') return;
      ready.add(event.profile);
      if (ready.size === count) resolve();
    });
  });
  const cli = (...args) => [MAIN, ...args, '-c', config];

  async function stop() {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    await allReady;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: child.pid,
    port,
    env,
    events,
    cli,
    status: () =>
      JSON.parse(execFileSync(process.execPath, cli('status', '--json'), { env, encoding: 'utf8' })),
    gateways: () => processesWhere(({ environment }) => environment.includes(mark)),
    /** What it takes to supervise: gwproxy itself and those of its children that are no gateways. */
    supervisors() {
      const helpers = processesWhere(
        ({ environment, parent }) => parent === child.pid && !environment.includes(mark),
      );
      return [child.pid, ...helpers];
    },
    exited,
    stop,
  };
}

/** pm2 with `count` gateways in fork mode, once all answer. No agent in them: pm2 is not their interpreter. */
export async function underPm2(count) {
  const home = mkdtempSync(join(tmpdir(), 'pm2-bench-'));
  const env = { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' };
  const pm2 = (...args) => execFileSync(process.execPath, [PM2, ...args], { env, encoding: 'utf8' });
  const ports = await freePorts(count);
  const [script, ...args] = gateway;
  const apps = names(count).map((name, index) => ({
    name,
    script,
    args,
    interpreter: 'none',
    exec_mode: 'fork',
    vizion: false,
    env: { PORT: String(ports[index]), BENCH: home },
  }));
  const file = join(home, 'bench.json');
  writeFileSync(file, JSON.stringify({ apps }));
  function stop() {
    pm2('kill');
    rmSync(home, { recursive: true, force: true });
  }
  try {
    pm2('start', file);
    for (const port of ports) while ((await ask(port, '/')) === null);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    pid: Number(readFileSync(join(home, 'pm2.pid'), 'utf8')),
    ports,
    env,
    cli: (...args) => [PM2, ...args],
    stop,
  };
}

/** Below those of client sockets, which come and go. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 9000);
    if (await canListen(port)) ports.add(port);
  }
  return [...ports];
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
