// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt } from '../../src/config/excerpt.ts';
import { formatProblem } from '../../src/config/load.ts';
import { load } from './folder.ts';

function lines(shown: string | undefined): readonly string[] {
  return shown?.split('\n') ?? [];
}

test('the line is shown with a mark below the column', () => {
  const text = 'profiles:\r\n  a:\r\n    command node bot.js\r\n';
  assert.deepEqual(lines(excerpt(text, 3, 5, false)), ['    3 |     command node bot.js', '      |     ^']);
  assert.deepEqual(lines(excerpt(text, 1, 99, false)), ['    1 | profiles:', '      |          ^']);
});

test('a missing or blank line gives no excerpt', () => {
  for (const [text, line] of [
    ['', 1],
    ['a: 1\n', 2],
    ['a: 1\n\t \n', 2],
    ['a: 1', 9],
  ] as const) {
    assert.equal(excerpt(text, line, 1, false), undefined);
  }
});

test('a long line is cut around the mark, and tabs and wide text keep it below its character', () => {
  const [line = '', mark = ''] = lines(excerpt(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 1, 501, false));
  assert.ok(line.length < 130 && line.startsWith('    1 | …x') && line.endsWith('y…'));
  assert.equal(line.charAt(mark.indexOf('^')), '!');
  const [tabbed = '', below = ''] = lines(excerpt('\ta: 😀 \u001b[31m!', 1, 13, false));
  // The emoji is one character and takes two columns.
  assert.equal([...tabbed][below.indexOf('^') - 1], '!');
  assert.ok(!tabbed.includes('\u001b') && !tabbed.includes('\t'));
});

test('values that look like secrets are starred out, references are not', () => {
  const show = (text: string) => excerpt(text, 1, 1, false) ?? '';
  for (const text of [
    'a: { slack: { signing_secret: s3cret }, x: 1 }',
    'secret: [s3cret, "s3cret"]',
    'env: { BOT_TOKEN: "s3cret }', // Never closed.
    'command: [bot, --token=s3cret]',
    '"auth_token": \'s3cret\'',
    'env: { API_KEY: ${KEY:-s3cret} }',
    'env: { MY_KEY: s3cret, x: [1] }',
    'env: { DATABASE_URL: "postgres://u:s3cret@h", x: [1] }',
    'env: { X: xoxb-s3cret }',
    'PASSWORD: my s3cret words: x',
    'TOKEN: "abc" s3cret',
    'TOKEN s3cret',
    'command: [bot, --token, s3cret]',
    'command: bot --token s3cret "x',
    'env: [TOKEN=a, K=s3cret]',
    'client_state: s3cret',
  ]) {
    assert.doesNotMatch(show(text), /s3cret/, text);
  }
  assert.match(show('auth_token: "${TOKEN}"'), /auth_token: "\$\{TOKEN\}"$/m);
  assert.match(show('env: { token: ${TOKEN}, x: 1 }'), /token: \$\{TOKEN\}, x: 1 \}$/m);
  assert.equal(lines(excerpt('  [s3cret, { x: 1 }]', 1, 12, true))[0], '    1 |   [******, { ** * }]');
});

test('the lines below the key of a secret are starred out, in whatever column they begin', () => {
  const last = (...text: readonly string[]) => excerpt(text.join('\n'), text.length, 1, false) ?? '';
  for (const line of ['    s3cret', '  - s3cret', ' s3cret']) {
    assert.doesNotMatch(last('env:', '  TOKEN:', line), /s3cret/, line);
    assert.doesNotMatch(last('env:', '  X: |', '    -----BEGIN KEY-----', '', line), /s3cret/, line);
  }
  assert.match(last('webhook:', '  - node'), / {2}- node$/m);
  assert.match(last('  TOKEN: x', '  start: never'), /start: never$/m);
});

test('a reference that is written wrongly is shown where a secret belongs, a default is not', () => {
  const shown = (value: string) => lines(excerpt(`  secret: "${value}"`, 1, 1, true))[0];
  assert.equal(shown('${MY SECRET}'), '    1 |   ******* "${MY SECRET}"');
  assert.equal(shown('${1X:-s3cret}'), '    1 |   ******* "${**********}"');
  assert.equal(shown('${X:-s3cret}'), '    1 |   ******* "${X:-******}"');
  assert.equal(shown('${s3cret'), '    1 |   ******* "${******"');
});

test('a line that nobody typed is not shown', () => {
  assert.equal(excerpt(`a: ${'x'.repeat(1_000_000)}`, 1, 4, false), undefined);
});

test('a message repeats no secret of the line and no control character', async (t) => {
  const messages = async (...below: readonly string[]) => {
    const config = `profiles:\n  a:\n    command: node\n${below.map((line) => `    ${line}\n`).join('')}`;
    const { at, loaded } = await load(t, { 'gwproxy.yaml': config });
    assert.ok(!loaded.ok);
    return loaded.problems.map((problem) => formatProblem(problem, at, loaded.texts)).join('\n');
  };
  for (const below of [
    ['env:', '  TOKEN: @s3cret'],
    ['env:', '  TOKEN: s3cret: x'],
    ['env:', '  TOKEN: `s3cret'],
    ['env:', '  TOKEN: "a${s3cret"'],
    ['env:', '  TOKEN: "${1X:-s3cret}"'],
    ['env: { TOKEN: s3cret${X} }'],
    ['env:', '  TOKEN s3cret'],
    ['env:', '  TOKEN=s3cret'],
    ['restart: TOKEN=s3cret'],
    ['env: { TOKEN: *s3cret }'],
    ['xoxb-s3cret: x'],
    ['env:', '  TOKEN:', '    s3cret', '    x: y'],
  ]) {
    assert.doesNotMatch(await messages(...below), /s3cret/, below.join('|'));
  }
  for (const line of [
    '"\\e[31mx": 1',
    'start: "\\e[31mx"',
    'start: "a\\nb"',
    'start: "\\u202ex"',
    '\u001bx: 1',
  ]) {
    const said = (await messages(line)).split('\n');
    assert.equal(said.length, 3, line);
    assert.doesNotMatch(said.join(''), /\p{C}/u, line);
  }
});

test('no value of a variable and no line of an env_file is shown', async (t) => {
  const shown = async (config: string, env: string) => {
    const { at, loaded } = await load(t, { 'gwproxy.yaml': config, 'a.env': env });
    assert.ok(!loaded.ok);
    return loaded.problems.map((problem) => formatProblem(problem, at, loaded.texts)).join('\n');
  };
  const config = 'profiles:\n  a:\n    command: node\n    start: ${HIDDEN}\n    env_file: a.env\n';
  const unreadable = await shown(config, 'HIDDEN=s3cret\n');
  assert.equal(
    unreadable,
    "gwproxy.yaml:4:12: start must be always, on-demand or manual, not '${HIDDEN}'\n    4 |     start: ${HIDDEN}\n      |            ^",
  );
  assert.equal(
    await shown(config, 'HIDDEN=always\ns3cret\n'),
    'a.env:2:1: must be KEY=VALUE, a comment or blank',
  );
  const verify =
    'profiles:\n  a:\n    command: node\n    routes: [{ slack: { team: T1 } }]\n    verify:\n      slack:\n        - s3cret\n';
  assert.doesNotMatch(await shown(verify, ''), /s3cret/);
});
