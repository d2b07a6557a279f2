import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { HAS_PROC } from '../../src/supervisor/tree/proc.ts';
import { until } from '../supervisor/processes.ts';
import { cleanUpAfter } from '../support/clean-up.ts';
import { python } from '../support/python.ts';
import { fixture, root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const MAIN = join(root, 'dist', 'cli', 'main.js');
const OTHER_USER = process.getuid?.() === 0 ? ', user: nobody' : '';

/** Opens descriptors as a shell or an editor's terminal leaves them, some with a gap before, then becomes the command. */
const LEAKY = 'exec 9<"$1" 17<"$1" 40<"$1" 251<"$1"; shift; exec "$@"';

/** A config with two gateways that print their descriptors, one of them by way of the wrapper that sets limits. */
async function folderWith(t: TestContext) {
  const folder = await temporaryFolder(t);
  // One of the gateways runs as another user.
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'state'), { mode: 0o700 });
  await writeFile(join(folder, 'secret'), 'token\n', { mode: 0o600 });
  await copyFile(fixture('gateways', 'descriptors.py'), join(folder, 'descriptors.py'));
  const command = `[${python}, descriptors.py]`;
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(
    config,
    `listen: 127.0.0.1:0
profiles:
  plain: { command: ${command}, routes: [{ path: /plain }] }
  limited: { command: ${command}, umask: '077'${OTHER_USER}, routes: [{ path: /limited }] }
`,
  );
  const env = { PATH: process.env.PATH ?? '', HOME: folder, GWPROXY_STATE_DIR: join(folder, 'state') };
  const leaky = ['-c', LEAKY, 'bash', join(folder, 'secret'), process.execPath, MAIN];
  return { folder, env, up: [...leaky, 'up', '-c', config], exec: [...leaky, 'exec', '-c', config] };
}

/** What a process has open, without what it uses itself: a guard reads from a pipe at 0. */
function descriptorsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`);
}

function guardOf(gwproxy: number): number {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      if (line.includes('gwproxy-guard') && Number(parent) === gwproxy) return Number(entry);
    } catch {
      // It has ended.
    }
  }
  throw new Error('there is no guard');
}

// Elsewhere nothing says which descriptors a process has.
if (HAS_PROC) {
  test('no gateway and no guard has a descriptor that gwproxy inherited, its channel to its starter included', async (t) => {
    const { folder, env, up } = await folderWith(t);
    // The first descriptors are not passed on by Node either.
    const stdio = [...Array(30).keys()].map((fd) =>
      fd === 1
        ? ('pipe' as const)
        : fd === 2
          ? ('inherit' as const)
          : fd === 29
            ? ('ipc' as const)
            : 'ignore',
    );
    const gwproxy = spawn('bash', up, { env, stdio, cwd: folder });
    const exited = once(gwproxy, 'exit');
    cleanUpAfter(t, async () => {
      gwproxy.kill('SIGTERM');
      await exited;
    });
    assert.ok(gwproxy.stdout !== null && gwproxy.pid !== undefined);
    const printed = new Map<unknown, unknown>();
    for await (const text of createInterface({ input: gwproxy.stdout })) {
      const line = Object.fromEntries(Object.entries(JSON.parse(text)));
      if (line.type === 'gateway.output') printed.set(line.profile, line.line);
      if (printed.size === 2) break;
    }
    gwproxy.stdout.resume();
    assert.deepEqual(Object.fromEntries(printed), {
      plain: 'descriptors 0 1 2',
      limited: 'descriptors 0 1 2',
    });
    assert.deepEqual(descriptorsOf(guardOf(gwproxy.pid)).toSorted(), ['0', '1', '2']);
  });

  test('nor has a gateway of a gwproxy in the background, nor a program of `gwproxy exec`', async (t) => {
    const { folder, env, up, exec } = await folderWith(t);
    const run = async (args: readonly string[]): Promise<string> => {
      const child = spawn('bash', args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [code] = await once(child, 'close');
      assert.equal(code, 0, said);
      return said;
    };
    const script = [python, join(folder, 'descriptors.py'), 'once'];
    assert.equal(await run([...exec, 'plain', '--', ...script]), 'descriptors 0 1 2\n');
    assert.equal(await run([...exec, 'limited', '--', ...script]), 'descriptors 0 1 2\n');
    const down = up.map((word) => (word === 'up' ? 'down' : word));
    cleanUpAfter(t, async () => void (await run(down)));
    await run([...up, '-d']);
    const [state = ''] = readdirSync(join(folder, 'state'));
    for (const name of ['plain', 'limited']) {
      const file = join(folder, 'state', state, 'logs', `${name}.log`);
      const text = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
      await until(`${name} prints`, () => text().includes('descriptors'), 10_000);
      assert.match(text(), /descriptors 0 1 2\n/);
    }
  });

  test("the files of V8's profilers stay open, whose numbers V8 goes on writing to", async (t) => {
    const { folder, env } = await folderWith(t);
    const config = join(folder, 'profiled.yaml');
    await writeFile(
      config,
      'listen: 127.0.0.1:0\nprofiles: { one: { url: "http://127.0.0.1:9", routes: [{ path: / }] } }\n',
    );
    const gwproxy = spawn(process.execPath, ['--perf-basic-prof', MAIN, 'up', '-c', config], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { pid } = gwproxy;
    assert.ok(pid !== undefined);
    const exited = once(gwproxy, 'exit');
    cleanUpAfter(t, async () => {
      gwproxy.kill('SIGTERM');
      await exited;
      await rm(`/tmp/perf-${pid}.map`);
    });
    for await (const text of createInterface({ input: gwproxy.stdout })) {
      if (text.includes('door.listening')) break;
    }
    gwproxy.stdout.resume();
    const open = descriptorsOf(pid).map((fd) => basename(readlinkSync(`/proc/${pid}/fd/${fd}`)));
    assert.deepEqual(
      [open.includes(`perf-${pid}.map`), open.some((name) => name.endsWith(`-${pid}-v8.log`))],
      [true, true],
    );
  });

  test('a config and an env_file that are inherited descriptors are read before they are closed', async (t) => {
    const { folder, env } = await folderWith(t);
    await writeFile(join(folder, 'tokens'), 'TOKEN=a-token\n');
    const config = join(folder, 'piped.yaml');
    await writeFile(
      config,
      `profiles:\n  one: { command: [sh], env_file: /dev/fd/64, routes: [{ path: / }] }\n`,
    );
    const script = 'exec 64< <(cat tokens); exec "$@"';
    const words = [process.execPath, MAIN, 'exec', '-c', config, 'one', '--', 'sh', '-c', 'echo $TOKEN'];
    const child = spawn('bash', ['-c', script, 'bash', ...words], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    assert.equal(line, 'a-token');
  });
}
