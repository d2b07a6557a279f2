import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

test('a gateway that listens on every address is reported, and ports of running gateways are not', async (t) => {
  const at = await temporaryFolder(t);
  const config = join(at, 'gwproxy.yaml');
  const serve = JSON.stringify(fixture('gateways', 'serve.mjs'));
  await writeFile(
    config,
    `listen: 127.0.0.1:0
profile_paths: true
profiles:
  open: { command: [node, ${serve}], env: { HOST: 0.0.0.0 } }
  closed: { command: [node, ${serve}] }
`,
  );
  const env = { GWPROXY_STATE_DIR: join(at, 'state'), HOME: at };
  const gwproxy = await startGwproxy(t, config, env);
  await Promise.all([gwproxy.ready('open'), gwproxy.ready('closed')]);
  const { code, stdout } = await runCli(['doctor', '-c', config], env);
  assert.equal(code, 0, stdout);
  if (process.platform === 'linux')
    assert.match(
      stdout,
      /^ {6}open: port \d+ \(listener main\) is open on every address, without gwproxy in front$/m,
    );
  assert.doesNotMatch(stdout, /closed:|in use|ERROR/);
});

test('doctor without a config reports that and exits with 1', async (t) => {
  const at = await temporaryFolder(t);
  const { code, stdout, stderr } = await runCli(['doctor', '-c', join(at, 'gwproxy.yaml')], { HOME: at });
  assert.deepEqual([code, stderr], [1, '']);
  assert.match(stdout, /^ERROR the config .* does not exist or cannot be read$/m);
  assert.match(stdout, /^1 error/m);
});
