import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const folder = join(root, 'examples');

const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test('examples/README.md has one row for each example', () => {
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const rows = [...index.matchAll(/^\| \[(.+)\]\(\1\/\) \|/gm)].map(([, name]) => name);
  assert.deepEqual(rows.sort(), examples.sort());
});

for (const example of examples) {
  test(`the config of examples/${example} is valid unchanged`, async (t) => {
    const config = join(folder, example, 'gwproxy.yaml');
    const programs = await temporaryFolder(t);
    // A command that is not on the PATH is an error, and neither Hermes nor OpenClaw need be installed here.
    for (const name of ['hermes', 'openclaw']) await symlink(process.execPath, join(programs, name));
    for (const [index, name] of ['support', 'ops'].entries()) {
      const folder = join(programs, `.openclaw-${name}`);
      await mkdir(folder);
      const port = 18_789 + 120 * index;
      await writeFile(
        join(folder, 'openclaw.json'),
        `{ gateway: { mode: 'local', port: ${port}, trustedProxies: ['127.0.0.1'] }, hooks: { enabled: true } }`,
      );
    }
    const { code, stderr } = await runCli(['validate', '-c', config], {
      PATH: `${programs}:${process.env.PATH}`,
      HOME: programs,
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });
}
