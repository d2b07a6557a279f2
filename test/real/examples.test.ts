import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { SETUPS } from './hermes-profile.ts';

for (const { version, env } of SETUPS.filter(({ form }) => form === 'one home')) {
  test(`examples/hermes/preset.yaml runs what examples/hermes/gwproxy.yaml writes out, with Hermes ${version}`, async () => {
    const plans = ['gwproxy.yaml', 'preset.yaml'].map(async (name) => {
      const config = join(root, 'examples', 'hermes', name);
      const { code, stdout, stderr } = await runCli(['validate', '--json', '-c', config], env);
      assert.deepEqual([code, stderr], [0, '']);
      return JSON.parse(stdout);
    });
    const [long, short] = await Promise.all(plans);
    assert.deepEqual(short, long);
  });
}
