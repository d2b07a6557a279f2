import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

test('SIGHUP reloads a gwproxy without a terminal, and no gateway ends', async (t) => {
  const file = join(await temporaryFolder(t), 'gwproxy.yaml');
  const write = (route: string) =>
    writeFile(
      file,
      `listen: 127.0.0.1:0
watch: off
profiles:
  one:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: one }
    routes: [{ path: ${route} }]
`,
    );
  await write('/before');
  const gwproxy = await startGwproxy(t, file);
  await gwproxy.ready('one');
  const { pid } = await gwproxy.profile('one');

  await write('/after');
  process.kill(gwproxy.pid, 'SIGHUP');
  await gwproxy.waitFor('the new config', (line) => line.type === 'config.applied');
  assert.equal((await fetch(`${gwproxy.url}/after`)).status, 200);
  assert.equal((await gwproxy.profile('one')).pid, pid);

  await write('[not a path');
  process.kill(gwproxy.pid, 'SIGHUP');
  await gwproxy.waitFor('the refusal', (line) => line.type === 'config.invalid');
  assert.equal((await fetch(`${gwproxy.url}/after`)).status, 200);
});
