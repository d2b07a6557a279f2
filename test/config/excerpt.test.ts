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
  assert.equal([...tabbed][below.indexOf('^')], '!');
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
  ]) {
    assert.doesNotMatch(show(text), /s3cret/, text);
  }
  assert.match(show('auth_token: "${TOKEN}"'), /auth_token: "\$\{TOKEN\}"$/m);
  assert.match(show('env: { token: ${TOKEN}, x: 1 }'), /token: \$\{TOKEN\}, x: 1 \}$/m);
  assert.equal(lines(excerpt('  [s3cret, { x: 1 }]', 1, 12, true))[0], '    1 |   [******, { ** * }]');
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
