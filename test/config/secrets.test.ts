// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatProblem, loadConfig } from '../../src/config/load.ts';
import { ENV, folder, launchOf, load, planOf, type Written } from './folder.ts';

const SECRET = 'invented-secret-value';

function one(fields: string): Written {
  return { 'gwproxy.yaml': `profiles:\n  a:\n    command: node\n    routes: [{ path: /a }]\n${fields}` };
}

test('of several env_files a later one wins, env wins over all, and references see all of them', async (t) => {
  const plan = await planOf(t, {
    ...one('    env_file: [secrets/one.env, two.env]\n    env: { B: env, E: "${A}-${B}-${C}" }\n'),
    'secrets/one.env': 'A=one\nB=one\nC=one\n',
    'two.env': 'B=two\nC=two\nD=two\n',
  });
  const { A, B, C, D, E } = launchOf(plan, 'a').env;
  assert.deepEqual([A, B, C, D, E], ['one', 'env', 'two', 'two', 'one-two-two']);
});

test('env_files are relative to the file that names them, and all are inputs, also one that is missing', async (t) => {
  const { at, loaded, lines } = await load(t, {
    'gwproxy.yaml':
      'include: [profiles/*.yaml]\ndefaults: { env_file: common.env }\nprofiles: { b: { command: node, routes: [{ path: /b }] } }\n',
    'profiles/a.yaml': 'command: node ${X} ${Y}\nenv_file: [a.env, missing.env]\n',
    'common.env': 'X=common\n',
    'profiles/a.env': 'X=a\n',
  });
  assert.deepEqual(lines, ['profiles/a.yaml:2:19: cannot read profiles/missing.env: no such file']);
  for (const name of ['common.env', 'profiles/a.env', 'profiles/missing.env'])
    assert.ok(loaded.files.includes(join(at, name)), name);
});

test('a name that no env_file sets is reported with all of them', async (t) => {
  const { lines } = await load(t, {
    ...one('    env_file: [a.env, b.env]\n    env: { X: "${NONE}" }\n'),
    'a.env': '',
    'b.env': '',
  });
  assert.deepEqual(lines, [
    "gwproxy.yaml:6:15: ${NONE} is not set in a.env, b.env or gwproxy's environment; set it, or write ${NONE:-default}",
  ]);
});

test('a variable is what its file holds, without one line break at the end, and without a look at what it says', async (t) => {
  const plan = await planOf(t, {
    ...one(
      '    env: { A: { file: a }, B: { file: "${DIR}/b" }, C: { file: c }, D: { file: d } }\n    env_file: a.env\n',
    ),
    'a.env': 'DIR=sub\n',
    a: `${SECRET}\n`,
    'sub/b': 'two\n\n',
    c: '~/${NONE} ${port} $$ " #\r\n',
    d: '',
  });
  const { A, B, C, D } = launchOf(plan, 'a').env;
  assert.deepEqual([A, B, C, D], [SECRET, 'two\n', '~/${NONE} ${port} $$ " #', '']);
});

test('any text reaches the gateway as it is in the file', async (t) => {
  const at = await folder(t, one('    env: { A: { file: a } }\n'));
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (text) => {
      fc.pre(!text.includes('\0') && !text.endsWith('\r'));
      await writeFile(join(at, 'a'), `${text}\n`);
      const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env: ENV });
      assert.ok(loaded.ok);
      assert.equal(launchOf(loaded.plan, 'a').env['A'], text);
    }),
    { numRuns: 60 },
  );
});

test('verify takes its secrets from files too, alone and in a list', async (t) => {
  const plan = await planOf(t, {
    ...one(
      '    verify:\n      slack: { signing_secret: [{ file: old }, { file: new }, literal] }\n      telegram: { secret_token: { file: token } }\n',
    ),
    old: 'old-secret\n',
    new: '${NONE}',
    token: '0123\n',
  });
  const verify = plan.profiles[0]?.verify;
  assert.deepEqual(verify?.slack, ['old-secret', '${NONE}', 'literal']);
  assert.deepEqual(verify?.telegram, ['0123']);
});

test('a secret that cannot be read is one mistake with its place, and its file is watched', async (t) => {
  const at = await folder(t, {
    ...one(
      '    env: { A: { file: none }, B: { file: nul }, C: { file: long }, D: { file: bytes }, E: { fil: x }, F: { file: a, credential: b }, G: { file: "${NONE}" }, H: { file: "${port}" }, I: { file: far } }\n' +
        '    verify: { slack: { signing_secret: { file: empty } }, github: { secret: { file: gone } } }\n',
    ),
    nul: 'a\0b',
    long: 'x'.repeat(128 * 1024 + 1),
    far: `${'x'.repeat(128 * 1024 + 1)}\u20ac`,
    empty: '\n',
  });
  await writeFile(join(at, 'bytes'), Buffer.from([0xff, 0xfe]));
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env: ENV });
  assert.ok(!loaded.ok);
  const told = loaded.problems.map((problem) => formatProblem(problem, at));
  assert.deepEqual(told, [
    'gwproxy.yaml:5:23: cannot read none: no such file',
    'gwproxy.yaml:5:42: cannot read nul: it holds a NUL byte, which no variable can',
    'gwproxy.yaml:5:60: cannot read long: it is longer than 128 KiB',
    'gwproxy.yaml:5:79: cannot read bytes: it is not UTF-8',
    "gwproxy.yaml:5:93: unknown key 'fil'; did you mean 'file'?",
    'gwproxy.yaml:5:106: env.F must name either a file or a credential',
    "gwproxy.yaml:5:145: ${NONE} is not set in gwproxy's environment; set it, or write ${NONE:-default}",
    'gwproxy.yaml:5:169: a port can be used only in command and env',
    'gwproxy.yaml:5:193: cannot read far: it is longer than 128 KiB',
    'gwproxy.yaml:6:40: verify.slack.signing_secret must be text or a list of texts, not an empty text',
    'gwproxy.yaml:6:85: cannot read gone: no such file',
  ]);
  for (const name of ['none', 'gone']) assert.ok(loaded.files.includes(join(at, name)), name);
});

test('only the secrets of verify are taken from files, and no message shows what a file holds', async (t) => {
  const at = await folder(t, {
    ...one('    verify: { bot_framework: { keys_file: { file: val } } }\n'),
    val: 'invented-secret-text\n',
  });
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env: ENV });
  assert.ok(!loaded.ok);
  const told = loaded.problems.map((problem) => formatProblem(problem, at));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /keys_file must be a file/);
});

test('a credential is read where systemd put it', async (t) => {
  const written = one(
    '    env: { A: { credential: bot-token } }\n    verify: { slack: { signing_secret: { credential: slack } } }\n',
  );
  const at = await folder(t, {
    ...written,
    'credentials/bot-token': `${SECRET}\n`,
    'credentials/slack': 's3cret',
  });
  const file = join(at, 'gwproxy.yaml');
  const env = { ...ENV, CREDENTIALS_DIRECTORY: join(at, 'credentials') };
  const loaded = await loadConfig(file, { env, starts: true });
  assert.ok(loaded.ok);
  assert.equal(launchOf(loaded.plan, 'a').env['A'], SECRET);
  assert.equal(launchOf(loaded.plan, 'a').env['CREDENTIALS_DIRECTORY'], undefined);
  assert.deepEqual(loaded.plan.profiles[0]?.verify?.slack, ['s3cret']);
  assert.ok(loaded.files.includes(join(at, 'credentials', 'slack')));

  await rm(join(at, 'credentials', 'slack'));
  const gone = await loadConfig(file, { env, starts: true });
  assert.ok(!gone.ok);
  assert.deepEqual(
    gone.problems.map((problem) => formatProblem(problem, at)),
    [
      'gwproxy.yaml:6:54: cannot read credentials/slack: no such file; check LoadCredential= in the unit of gwproxy',
    ],
  );
});

test('without systemd a credential is an error for who starts gateways, and a warning for who only looks', async (t) => {
  const at = await folder(t, one('    env: { A: { credential: bot-token } }\n'));
  const file = join(at, 'gwproxy.yaml');
  const starts = await loadConfig(file, { env: ENV, starts: true });
  assert.ok(!starts.ok);
  assert.deepEqual(
    starts.problems.map((problem) => formatProblem(problem, at)),
    [
      'gwproxy.yaml:5:29: systemd passes no credentials to this gwproxy (CREDENTIALS_DIRECTORY is not set): run it as a service and write LoadCredential=bot-token:/path/to/it into the unit of gwproxy, or name a file: { file: … }',
    ],
  );
  const looks = await loadConfig(file, { env: ENV });
  assert.ok(looks.ok);
  assert.deepEqual(
    looks.warnings.map((problem) => formatProblem(problem, at)),
    [
      "gwproxy.yaml:5:29: credential 'bot-token' is not checked here, since systemd passes it to the service alone; write LoadCredential=bot-token:/path/to/it into the unit of gwproxy",
    ],
  );
});

test("a credential's name is no path", async (t) => {
  const { lines } = await load(t, one('    env: { A: { credential: ../x }, B: { credential: .. } }\n'));
  assert.deepEqual(
    lines.map((line) => line.replace(/: a credential.*/, '')),
    ['gwproxy.yaml:5:29: env.A', 'gwproxy.yaml:5:54: env.B'],
  );
});

test('defaults may name secrets', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml':
      'defaults:\n  env: { A: { file: a }, B: { file: a } }\n  verify: { slack: { signing_secret: { file: a } } }\nprofiles:\n  a: { command: node, routes: [{ path: /a }], env: { B: own } }\n',
    a: SECRET,
  });
  const { A, B } = launchOf(plan, 'a').env;
  assert.deepEqual([A, B, plan.profiles[0]?.verify?.slack], [SECRET, 'own', [SECRET]]);
});
