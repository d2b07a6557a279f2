import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { logsFolder } from '../../src/logs/log-index.ts';
import { stateFolder } from '../../src/state-folder.ts';
import { runCli, startGwproxy } from '../support/cli.ts';
import { post, slackEvent } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

/** A title for the terminal, the C1 spelling of one, text that runs backwards, a separator, a tag, nothing to see. */
const HOSTILE =
  '\u001b]0;owned\u0007\u009d0;owned\u009c \u202egpj.exe\u2066\u2028\u{e0041}\u200b 👩\u200d🚀 می\u200cخواهم';
const ACTS = /(?![\t\n])[\p{Cc}\u200b\u2028-\u202e\u2066-\u2069]|\u{e0041}/u;
const READABLE = '👩\u200d🚀 می\u200cخواهم';

test('text of a gateway or a sender neither acts on a terminal nor hides in any command, and stays readable', async (t) => {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  const bot = join(folder, 'bot.mjs');
  await writeFile(
    bot,
    `const text = ${JSON.stringify(HOSTILE)};\nconsole.log(text);\nconsole.error(text);\nprocess.exitCode = 78;\n`,
  );
  await writeFile(
    config,
    `listen: 127.0.0.1:0
profiles:
  bot:
    command: [${process.execPath}, ${bot}]
    routes: [{ slack: { team: T0AAAAAAA1 } }]
`,
  );
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const gwproxy = await startGwproxy(t, config, env);
  await gwproxy.waitFor('the end', ({ type, state }) => type === 'gateway.state' && state === 'failed');
  const event = slackEvent({ secret: 'hush', team: HOSTILE, app: 'A0AAAAAAA1', text: 'hi' });
  await post(gwproxy.url, event);
  const headers = { 'content-type': 'application/json' };
  await post(gwproxy.url, { path: `/${encodeURIComponent(HOSTILE)}`, headers, body: '{"a": 1, "a": 2}' });
  const file = join(folder, 'body.json');
  await writeFile(file, event.body);

  const explain = [
    'explain',
    '--method',
    'POST',
    '--path',
    '/',
    '--header',
    'Content-Type: application/json',
    file,
  ];
  for (const args of [
    ['status'],
    ['status', '--json'],
    ['logs', 'bot'],
    ['logs', '-n', '100', 'gwproxy'],
    ['unmatched'],
    ['unmatched', '--json'],
    explain,
    [...explain, '--json'],
    ['doctor'],
    ['doctor', '--json'],
  ]) {
    const { stdout, stderr } = await runCli([...args, '-c', config], env);
    assert.notEqual(stdout, '', `${args.join(' ')}: ${stderr}`);
    assert.doesNotMatch(stdout + stderr, ACTS, args.join(' '));
  }
  const shown = async (...args: string[]) => (await runCli([...args, '-c', config], env)).stdout;
  const line = `\\u{1b}]0;owned\\u{7}\\u{9d}0;owned\\u{9c} \\u{202e}gpj.exe\\u{2066}\\u{2028}\\u{e0041}\\u{200b} ${READABLE}`;
  assert.equal(await shown('logs', 'bot'), `bot     | ${line}\nbot     | ${line}\n`);
  assert.match(await shown('status'), /exited with code 78: .*gpj\.exe/);
  const { unmatched } = JSON.parse(await shown('unmatched', '--json'));
  assert.match(unmatched[0].claim, /\\u202egpj\.exe\\u2066\\u2028\\U000e0041\\u200b/);

  const logs = logsFolder(stateFolder(config, env));
  assert.ok(
    (await readFile(join(logs, 'bot.log'), 'utf8')).includes(HOSTILE),
    'the file has what was written',
  );
  assert.doesNotMatch(await readFile(join(logs, 'gwproxy.log'), 'utf8'), ACTS);
});
