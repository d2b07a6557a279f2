import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatProblem, loadConfig } from '../../src/config/load.ts';
import { realFiles } from '../../src/config/source/files.ts';
import { logsFolder } from '../../src/logs/log-index.ts';
import { stateFolder } from '../../src/state-folder.ts';
import { ENV, folder } from './folder.ts';

const B = 'b: {command: node}';

/** The problems, or warnings about log files, of a config of those profiles, beside a folder `real` and a symbolic link `link` to it. */
async function problems(
  t: TestContext,
  profiles: (logs: string) => readonly string[],
  settings = 'logs: {folder: real}',
  /** Links and what they lead to; null for an empty file. */
  files: Readonly<Record<string, string | null>> = {},
): Promise<readonly string[]> {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const env = { ...ENV, GWPROXY_STATE_DIR: join(at, 'state') };
  const config = join(at, 'gwproxy.yaml');
  const logs = logsFolder(stateFolder(config, env));
  await mkdir(join(at, 'real'));
  await symlink('real', join(at, 'link'));
  for (const [name, target] of Object.entries(files)) {
    await (target === null ? writeFile(join(at, name), '') : symlink(target, join(at, name)));
  }
  const text = [settings, 'profiles:', ...profiles(logs).map((profile) => `  ${profile}`), ''].join('\n');
  const loaded = await loadConfig(config, {
    env,
    files: { ...realFiles, read: () => Promise.resolve(text) },
  });
  const found = loaded.ok
    ? loaded.warnings.filter(({ message }) => message.includes('log_file'))
    : loaded.problems;
  return found.map((problem) => formatProblem(problem, at));
}

test('a log file that is another profile’s default one is refused', async (t) => {
  const theirs = [
    "gwproxy.yaml:3:32: log_file is where the output of profile 'b' goes; leave it out, or name another file",
  ];
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: real/b.log}', B]), theirs);
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: link/b.log}', B]), theirs);
  const byState = await problems(t, (logs) => [`a: {command: node, log_file: ${logs}/b.log}`, B], 'logs: {}');
  assert.deepEqual(byState, theirs);
});

test('gwproxy’s own log is refused as a log file', async (t) => {
  const own = ["gwproxy.yaml:3:32: log_file is gwproxy's own log; leave it out, or name another file"];
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: real/gwproxy.log}']), own);
  const byState = await problems(
    t,
    (logs) => [`a: {command: node, log_file: ${logs}/gwproxy.log}`],
    'logs: {}',
  );
  assert.deepEqual(byState, own);
});

test('two paths to one log file are refused, even if it does not exist yet', async (t) => {
  const both = await problems(t, () => [
    'a: {command: node, log_file: real/new/x.log}',
    'b: {command: node, log_file: link/new/x.log}',
  ]);
  assert.deepEqual(both, [
    "gwproxy.yaml:4:32: log_file is also that of profile 'a', by another path; name another file",
  ]);
});

test('two links to one log file are refused, and one to another profile’s default file', async (t) => {
  const links = { 'real/one.log': 'x.log', 'real/two.log': 'x.log', 'real/b.log': 'x.log' };
  const X = 'a: {command: node, log_file: real/one.log}';
  assert.deepEqual(
    await problems(t, () => [X, 'c: {command: node, log_file: real/two.log}'], 'logs: {folder: link}', {
      ...links,
      'real/x.log': null,
    }),
    ["gwproxy.yaml:4:32: log_file is also that of profile 'a', by another path; name another file"],
  );
  assert.deepEqual(await problems(t, () => [X, B], undefined, { ...links, 'real/x.log': null }), [
    "gwproxy.yaml:3:32: log_file is where the output of profile 'b' goes; leave it out, or name another file",
  ]);
});

test('a folder is refused as a log file, whether or not it exists', async (t) => {
  for (const folder of ['real', './', 'none/', '.']) {
    assert.deepEqual(await problems(t, () => [`a: {command: node, log_file: ${folder}}`]), [
      'gwproxy.yaml:3:32: log_file is a folder; name a file in it, such as a.log',
    ]);
  }
});

test('a device may be the log file of several profiles, and a stream of gwproxy’s own is advised against', async (t) => {
  const both = (file: string) => () => [
    `a: {command: node, log_file: ${file}}`,
    `b: {command: node, log_file: ${file}}`,
  ];
  assert.deepEqual(await problems(t, both('/dev/null')), []);
  const warned = await problems(t, both('/dev/stdout'));
  assert.equal(warned.length, 2);
  assert.match(
    warned[0] ?? '',
    /^gwproxy\.yaml:3:32: log_file is a stream of gwproxy itself, .* leave it out: /,
  );
});

test('a log file that no enabled gateway of gwproxy writes is allowed', async (t) => {
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: real/a.log}', B]), []);
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: b.log}', B]), []);
  const off = 'b: {command: node, enabled: false}';
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: real/b.log}', off]), []);
  const elsewhere = 'b: {url: "http://127.0.0.1:9"}';
  assert.deepEqual(await problems(t, () => ['a: {command: node, log_file: real/b.log}', elsewhere]), []);
});
