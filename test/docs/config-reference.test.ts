import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../support/cli.ts';

test('docs/reference/config.md says what the schema says', async () => {
  const { code, stderr } = await runNode(['scripts/generate-config-reference.mjs', '--check']);
  assert.equal(code, 0, stderr);
});
