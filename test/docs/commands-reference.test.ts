import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../support/cli.ts';

test('docs/reference/commands.md says what the command line says', async () => {
  const { code, stderr } = await runNode(['scripts/generate-command-reference.mjs', '--check']);
  assert.equal(code, 0, stderr);
});
