import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { root } from '../support/root.ts';
import { freePort, temporaryFolder } from '../support/sockets.ts';

/** Where scripts/setup-openclaw.sh has put the real gateways. */
const INSTALLED = process.env.GWPROXY_OPENCLAW_DIR ?? join(root, '.openclaw');
const PROFILES = ['ops', 'support'];
const START_MS = 300_000;

function openClawEnv(): Record<string, string> {
  const program = join(INSTALLED, 'node_modules', '.bin', 'openclaw');
  if (!existsSync(program)) throw new Error(`there is no ${program}; run scripts/setup-openclaw.sh first`);
  return { PATH: `${dirname(program)}:${process.env.PATH}`, HOME: join(INSTALLED, 'home') };
}

function hook(profile: string, token = `invented-hook-token-of-${profile}`) {
  return {
    target: `/p/${profile}/hooks/wake`,
    headers: {
      'X-Forwarded-For': '203.0.113.9',
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
    },
    body: '{"text":"hello"}',
  };
}

/** Runs `openclaw` as somebody at a terminal would; its exit code and what it wrote to stderr. */
function openClaw(args: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve) => {
    const child = execFile('openclaw', args, { env, timeout: START_MS }, (_failed, _stdout, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
}

async function pssOf(pid: number): Promise<number> {
  const [, kibibytes = '0'] =
    /^Pss:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

test('a config that `gwproxy init --openclaw` wrote runs two real OpenClaw gateways', async (t) => {
  const env = openClawEnv();
  const config = join(await temporaryFolder(t), 'gwproxy.yaml');
  const written = await runCli(['init', '--openclaw', '-c', config], env);
  assert.equal(written.code, 0, written.stderr);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('127.0.0.1:3978', '127.0.0.1:0'));
  const began = Date.now();
  const gwproxy = await startGwproxy(t, config, env);

  await t.test('both become ready, and only their hooks are public', async (t) => {
    for (const name of PROFILES) {
      await gwproxy.waitFor(
        `${name} ready`,
        (line) => line.type === 'gateway.state' && line.profile === name && line.state === 'ready',
        START_MS,
      );
      t.diagnostic(`${name} ready ${Date.now() - began} ms after gwproxy was started`);
    }
    for (const name of PROFILES) {
      const woken = await curl(gwproxy.url, hook(name));
      assert.equal(woken.status, 200, woken.text);
      assert.equal((await curl(gwproxy.url, hook(name, 'wrong'))).status, 401);
      for (const target of [`/p/${name}/`, `/p/${name}/startupz`, '/']) {
        const { status, text } = await curl(gwproxy.url, { target });
        assert.equal(status, 404, target);
        assert.doesNotMatch(text, /<!doctype html>/i);
      }
    }
  });

  await t.test('each takes the memory that it takes', async (t) => {
    for (const { name, pid, rss_bytes: rss } of (await gwproxy.status()).profiles) {
      assert.ok(pid !== null);
      t.diagnostic(
        `${name}: PSS of its first process ${await pssOf(pid)} bytes, RSS of its tree ${rss} bytes`,
      );
    }
  });

  await t.test('from this machine itself, without a client beyond it, OpenClaw answers 403', async () => {
    const { headers, ...request } = hook('support');
    const answer = await curl(gwproxy.url, {
      ...request,
      headers: { ...headers, 'X-Forwarded-For': '127.0.0.1' },
    });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /proxy_attribution_required/);
  });

  await t.test('a second gateway of a profile ends with 78 and says who owns its state', async (t) => {
    const port = String(await freePort());
    const { code, stderr } = await openClaw(['--profile', 'support', 'gateway', 'run'], {
      ...env,
      OPENCLAW_GATEWAY_PORT: port,
      NO_COLOR: '1',
    });
    t.diagnostic(stderr.split('\n')[0] ?? '');
    assert.equal(code, 78);
    assert.match(stderr, /another OpenClaw process owns|already running/);
  });

  await t.test('a config that it refuses ends with 78, and other words', async (t) => {
    const state = await temporaryFolder(t);
    await writeFile(join(state, 'openclaw.json'), "{ gateway: { mode: 'local', nonsense: true } }");
    const { code, stderr } = await openClaw(['gateway', 'run', '--bind', 'loopback'], {
      ...env,
      OPENCLAW_STATE_DIR: state,
      NO_COLOR: '1',
    });
    assert.equal(code, 78);
    assert.match(stderr, /Invalid config/);
    assert.doesNotMatch(stderr, /another OpenClaw process owns/);
  });

  await t.test('the restart that OpenClaw asks of itself keeps its process', async () => {
    const before = await gwproxy.profile('ops');
    assert.ok(before.pid !== null);
    process.kill(before.pid, 'SIGUSR2');
    await gwproxy.waitFor(
      'ops away',
      (line) => line.type === 'gateway.output' && /restarting/.test(String(line.line)),
      60_000,
    );
    // A SIGTERM that comes before that is lost, and `stop.grace` would have to pass.
    await gwproxy.waitFor(
      'ops back',
      () => gwproxy.output('ops').filter((line) => /\[gateway\] ready$/.test(line)).length > 1,
      START_MS,
    );
    const after = await gwproxy.profile('ops');
    assert.equal(after.pid, before.pid);
  });

  await t.test('gwproxy ends both in order', async (t) => {
    const asked = Date.now();
    assert.equal(await gwproxy.stop(), 0);
    t.diagnostic(`both ended ${Date.now() - asked} ms after SIGTERM`);
  });
});
