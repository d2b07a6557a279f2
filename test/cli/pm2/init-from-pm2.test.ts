import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { initFromPm2 } from '../../../src/cli/pm2/init-from-pm2.ts';
import { CommandError, EXIT } from '../../../src/errors.ts';
import { folder } from '../../config/folder.ts';
import { fixture } from '../../support/root.ts';

const TEAM = fixture('pm2', 'team.config.cjs');

test('the environment of pm2’s --env is chosen by its name', async () => {
  const { text, notes } = await initFromPm2(TEAM, '/srv/gwproxy.yaml', 'production');
  assert.match(text, /^ {6}REGION: eu\n {6}NODE_ENV: production\n/m);
  assert.ok(!notes.some((line) => line.includes('env_production')));
});

test('an environment that no app has is refused, and the existing ones are listed', async () => {
  await assert.rejects(initFromPm2(TEAM, '/srv/gwproxy.yaml', 'staging'), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, EXIT.usage);
    assert.equal(error.message, "no app has an env_staging; there is 'production'");
    return true;
  });
});

test('a relative path missing in the current folder is resolved from the folder of pm2’s file', async (t) => {
  const at = await folder(t, {
    'bots/deep/bot.js': '',
    'bots/a.yaml': 'apps: [{ name: a, script: bot.js, cwd: deep, out_file: out.log }]\n',
  });
  const { text } = await initFromPm2(join(at, 'bots', 'a.yaml'), join(at, 'gwproxy.yaml'), null);
  assert.match(text, /^ {4}command: \[node, bot\.js\]\n {4}cwd: bots\/deep\n/m);
  assert.match(text, /^ {4}log_file: bots\/deep\/out\.log$/m);
});

test('relative paths are resolved from the current folder first, as in pm2, and an ambiguous one is reported', async (t) => {
  const at = await folder(t, {
    'src/bot.js': '',
    'deploy/own.js': '',
    'both.js': '',
    'deploy/both.js': '',
    'deploy/a.json': JSON.stringify([
      { name: 'up', script: 'src/bot.js' },
      { name: 'beside', script: 'own.js' },
      { name: 'both', script: 'both.js' },
      { name: 'fixed', script: 'both.js', cwd: '/', exec_interpreter: 'none' },
    ]),
  });
  const { text, notes } = await initFromPm2(join(at, 'deploy', 'a.json'), join(at, 'gwproxy.yaml'), null, at);
  assert.match(text, /^ {2}up:\n {4}command: \[node, src\/bot\.js\]\n(?! {4}cwd)/m);
  assert.match(text, /^ {2}beside:\n {4}command: \[node, own\.js\]\n {4}cwd: deploy\n/m);
  assert.match(text, /^ {2}both:\n {4}command: \[node, both\.js\]\n(?! {4}cwd)/m);
  assert.deepEqual(
    notes.filter((line) => /: script, cwd:/.test(line)),
    [
      `both: script, cwd: are resolved from ${at}, as \`pm2 start\` called there does, but they also exist in ${at}/deploy: if you mean those, run init there`,
    ],
  );
});

test('the note on the variables of a dump fits one app as well as several', async (t) => {
  const entry = (name: string) => ({ name, pm_exec_path: '/bin/sh', pm_cwd: '/', env: { EXPORTED: 'yes' } });
  const at = await folder(t, {
    'one.json': JSON.stringify([entry('a')]),
    'two.json': JSON.stringify([entry('a'), entry('b')]),
  });
  const said = async (file: string) => {
    const { notes, text, envFiles } = await initFromPm2(join(at, file), join(at, 'gwproxy.yaml'), null);
    assert.doesNotMatch(text, /EXPORTED/);
    assert.match(envFiles[0]?.text ?? '', /\n# From the shell .*\nEXPORTED=yes\n$/);
    return notes.filter((line) => line.startsWith('all: env: '));
  };
  assert.deepEqual(await said('one.json'), [
    "all: env: a dump does not tell an app's own variables from those of the shell that pm2 was started in. Both are at the end of the env_file, except NODE_ENV: keep what the bot needs",
  ]);
  assert.deepEqual(await said('two.json'), [
    'all: env: variables that are the same in all apps or in this shell, except NODE_ENV, are taken for those of the shell that pm2 was started in. They are at the end of each env_file: keep what the bot needs, and check env in the config',
  ]);
});

test('the command that removes the apps from pm2 deletes each by its own pm2 name', async (t) => {
  const script = '/bin/sh';
  const at = await folder(t, {
    'a.json': JSON.stringify([
      { name: "it's", script },
      { name: 'all', script },
      { name: '7', script },
      { name: 'web', script, append_env_to_name: true, env_production: {} },
      { name: 'web', script, append_env_to_name: true, env_production: {} },
    ]),
  });
  const { next } = await initFromPm2(join(at, 'a.json'), join(at, 'gwproxy.yaml'), 'production');
  assert.deepEqual(
    next.filter((line) => /^next: remove .*from pm2/.test(line)),
    [
      "next: remove 'all' from pm2 by its id, which `pm2 ls` shows: that name means something else to pm2",
      "next: remove '7' from pm2 by its id, which `pm2 ls` shows: that name means something else to pm2",
      "next: remove the apps from pm2: pm2 delete 'it'\\''s'; pm2 delete web-production; pm2 save --force",
    ],
  );
});

test('a note that is the same for several apps is printed and written once, with their names', async (t) => {
  const entry = (name: string, more: object = {}) => ({ name, script: '/bin/sh', ...more });
  const at = await folder(t, {
    'a.json': JSON.stringify([
      entry('one'),
      entry('two', { instances: 2 }),
      entry('three', { instances: 2, env: { PORT: 3001 } }),
      entry('four', { treekill: false }),
    ]),
  });
  const { text, notes } = await initFromPm2(join(at, 'a.json'), join(at, 'gwproxy.yaml'), null);
  assert.deepEqual(
    notes.map((line) => /^(?!all)[\w, ]+: \w+:/.exec(line)?.[0]).filter((start) => start !== undefined),
    ['four: treekill:', 'one, two, four: PORT:', 'two, three: instances:'],
  );
  assert.deepEqual(
    [text.match(/# one, two, four: PORT: /g)?.length, text.match(/PORT: is/g)?.length],
    [1, 1],
  );
});

test('a file without an app that could be started is refused, with each reason', async (t) => {
  const at = await folder(t, { 'a.json': '[{"name": "a", "script": "gone.js"}, {"script": "serve"}]' });
  await assert.rejects(initFromPm2(join(at, 'a.json'), '/srv/gwproxy.yaml', null, '/'), {
    message: new RegExp(
      `^a: there is no script /gone\\.js, and there is no script ${at}/gone\\.js\\nserve: it serves files.*\\n.*no app that could be started$`,
    ),
  });
});
