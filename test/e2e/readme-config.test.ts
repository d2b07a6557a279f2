import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The first code block of that language; the empty text means a block that names none. */
function firstBlock(language: string): string {
  // Fences are matched in pairs; otherwise a closing fence would be read as an opening one.
  const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const block = blocks.find(([, named]) => named === language)?.[2];
  if (block === undefined) throw new Error(`README.md has no code block of language "${language}"`);
  return block;
}

/** README's curl commands as arguments for fetch. */
const webhooks = [...readme.matchAll(/^curl (.*)$/gm)].map(([, words = '']) => ({
  path: /http:\/\/127\.0\.0\.1:3978(\S+)/.exec(words)?.[1] ?? '/',
  type: /-H 'Content-Type: (.+?)'/.exec(words)?.[1] ?? 'application/x-www-form-urlencoded',
  body: /-d (?:'(.+?)'|(\S+))/.exec(words)?.slice(1).join('') ?? '',
}));

test("README's first config runs when it is pasted into an empty folder, and its webhooks reach their bots", async (t) => {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  // Only the port differs from what a reader pastes: other tests run at the same time.
  writeFileSync(config, firstBlock('yaml').replace('127.0.0.1:3978', '127.0.0.1:0'));
  const state = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const gwproxy = await startGwproxy(t, config, state);

  const answers: string[] = [];
  for (const { path, type, body } of webhooks) {
    const answer = await fetch(gwproxy.url + path, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
    answers.push(`${answer.status} ${await answer.text()}`);
  }
  assert.deepEqual(answers, ['200 standup-bot\n', '200 triage-bot\n']);

  await t.test('and `gwproxy unmatched` shows what README says that it shows', async () => {
    const [slack] = webhooks;
    assert.ok(slack !== undefined);
    const body = slack.body.replace('T0AAAAAAA1', 'T0BBBBBBB2');
    const headers = { 'Content-Type': slack.type };
    await (await fetch(gwproxy.url + slack.path, { method: 'POST', headers, body })).text();

    const { code, stdout, stderr } = await runCli(['unmatched', '-c', config], state);

    assert.equal(code, 0, stderr);
    assert.equal(stdout.replace(/last \d+s ago/, 'last 1s ago'), firstBlock(''));
  });
});
