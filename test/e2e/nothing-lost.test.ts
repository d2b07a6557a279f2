import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runNode } from '../support/cli.ts';
import { root } from '../support/root.ts';

const RUN = join(root, 'examples', 'nothing-lost', 'run.js');

test('examples/nothing-lost: every event sent to a broken bot reaches it once after its repair', async (t) => {
  const { code, stdout, stderr } = await runNode([RUN], { GWPROXY_PORT: '0' });
  t.diagnostic(stdout);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const [before = '', after = ''] = stdout.split('The bot is repaired');
  assert.match(
    withoutOutput(before),
    /sends an event:\n {4}200\n.*again:\n {4}200\n.*wrong signature:\n {4}401\n\$ gwproxy spool\n.*\n.* slack-bot +slack +\d+s +0 +- +queued\n/,
  );
  assert.doesNotMatch(before, /mentioned by/);
  assert.equal(after.split('slack-bot | mentioned by U0AAAAAAA9: hello').length, 2);
  assert.match(withoutOutput(after), /\$ gwproxy spool\n {4}nothing is spooled\n/);
});

/** Removes the bots' lines, which may come at any time. */
function withoutOutput(text: string): string {
  return text.replace(/^ +slack-bot \| .*\n/gm, '');
}
