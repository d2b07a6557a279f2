import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runCli, startGwproxy } from '../support/cli.ts';
import { type CurlRequest, curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';

// What the routes of other profiles change for a request: nothing, unless its body could be for one of them. At the
// built command line, by curl.

const BOTS = {
  a: '{ path: /custom, header: { name: destination-id, value: biz-1 } }',
  b: '{ path: /custom, json: { pointer: /account/id, value: 5 } }',
  app: '{ path: /github, github: { app: 200001 } }',
  site: '{ path: /github, github: { repository: invented/site } }',
  installed: '{ path: /imitated, github: { installation: 99 } }',
  gitea: '{ path: /imitated, header: { name: X-Gitea-Event, value: [push] } }',
  forgejo: '{ path: /imitated, gitea: { repository: invented/forged } }',
  forge: '{ path: /imitated, header: { name: X-Forge-Event, value: [push] } }',
};

let folder = '';
let config = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-others-'));
  config = join(folder, 'gwproxy.yaml');
  const bots = Object.entries(BOTS).map(
    ([name, route]) => `  ${name}:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: ${name} }
    routes: [${route}]
`,
  );
  writeFileSync(config, `listen: 127.0.0.1:0\nprofiles:\n${bots.join('')}`);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const JSON_TYPE = { 'Content-Type': 'application/json' };
const OF_APP = {
  ...JSON_TYPE,
  'X-GitHub-Event': 'push',
  'X-GitHub-Hook-ID': '100000001',
  'X-GitHub-Hook-Installation-Target-Type': 'integration',
  'X-GitHub-Hook-Installation-Target-ID': '200001',
};
const ACCOUNT = JSON.stringify({ account: { id: 5 } });
const GZIP = { 'Content-Encoding': 'gzip' };

/** The bot that got the request, or the status without one. */
async function reached(url: string, request: CurlRequest): Promise<string> {
  const { status, text } = await curl(url, request);
  const name = /"bot":"(\w+)"/.exec(text)?.[1];
  return name ?? `${status}`;
}

describe("another profile's route", () => {
  test('changes nothing for a request that the head leads to its own', async (t) => {
    const gwproxy = await startGwproxy(t, config);
    await Promise.all(Object.keys(BOTS).map((name) => gwproxy.ready(name)));
    const custom = { ...JSON_TYPE, 'destination-id': 'biz-1' };
    const long = Buffer.concat([
      Buffer.from('{"x":"'),
      Buffer.alloc(6 * 1024 * 1024, 'x'),
      Buffer.from('"}'),
    ]);
    const bodies: readonly (readonly [string, Buffer, Record<string, string>])[] = [
      ['JSON', Buffer.from(ACCOUNT), {}],
      ['gzip', gzipSync(ACCOUNT), GZIP],
      ['a BOM', Buffer.from(`\ufeff${ACCOUNT}`), {}],
      ['no byte', Buffer.alloc(0), {}],
      ['6 MiB', long, {}],
    ];
    for (const [name, body, headers] of bodies) {
      const byHeader = { target: '/custom', method: 'POST', headers: { ...custom, ...headers }, body };
      assert.equal(await reached(gwproxy.url, byHeader), 'a', name);
      const byApp = { target: '/github', method: 'POST', headers: { ...OF_APP, ...headers }, body };
      assert.equal(await reached(gwproxy.url, byApp), 'app', name);
    }
    const byBody = { target: '/custom', headers: JSON_TYPE, body: ACCOUNT };
    assert.equal(await reached(gwproxy.url, byBody), 'b');
    // The body could be for b.
    const encoded = { target: '/custom', headers: { ...JSON_TYPE, ...GZIP }, body: gzipSync(ACCOUNT) };
    assert.equal(await reached(gwproxy.url, encoded), '415');
  });

  test('does not hide an explicit route behind the marks of a sender whom a third one imitates', async (t) => {
    const gwproxy = await startGwproxy(t, config);
    await Promise.all(['installed', 'forge', 'gitea', 'forgejo'].map((name) => gwproxy.ready(name)));
    const push = (installation: number, headers: Record<string, string>) => ({
      target: '/imitated',
      headers: { ...JSON_TYPE, 'X-GitHub-Event': 'push', ...headers },
      body: JSON.stringify({
        repository: { full_name: 'invented/site' },
        installation: { id: installation },
      }),
    });
    assert.equal(await reached(gwproxy.url, push(99, { 'X-Forge-Event': 'push' })), 'installed');
    assert.equal(await reached(gwproxy.url, push(98, { 'X-Forge-Event': 'push' })), 'forge');
    assert.equal(await reached(gwproxy.url, push(98, { 'X-Forge-Event': 'other' })), '404');
    assert.equal(await reached(gwproxy.url, push(98, {})), '404');

    const gitea = { 'X-Gitea-Event': 'push', 'X-Gogs-Event': 'push', 'X-Gitea-Delivery': 'invented' };
    assert.equal(await reached(gwproxy.url, push(99, gitea)), 'gitea', 'it is none of GitHub’s');
    const forged = { ...push(99, { ...gitea, 'X-Forgejo-Event': 'push' }) };
    const body = forged.body.replace('invented/site', 'Invented/Forged');
    assert.equal(await reached(gwproxy.url, { ...forged, body }), 'forgejo');

    const file = join(folder, 'push.json');
    writeFileSync(file, push(98, {}).body);
    const explained = await runCli([
      ...['explain', file, '--path', '/imitated', '-c', config],
      ...['--header', 'X-GitHub-Event: push', '--header', 'X-Forge-Event: push'],
    ]);
    assert.match(explained.stdout, /outcome +match: forge/);
    assert.match(explained.stdout, /header x-forge-event .*claims it for forge; github recognises it too/);
  });
});
