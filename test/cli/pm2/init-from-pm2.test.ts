import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { initFromPm2 } from '../../../src/cli/pm2/init-from-pm2.ts';
import { CommandError, EXIT } from '../../../src/errors.ts';
import { folder } from '../../config/folder.ts';
import { fixture } from '../../support/root.ts';

const TEAM = fixture('pm2', 'team.config.cjs');

test('the environment of pm2’s --env is chosen by its name', async () => {
  const { text, told } = await initFromPm2(TEAM, '/srv/gwproxy.yaml', 'production');
  assert.match(text, /^ {6}REGION: eu\n {6}NODE_ENV: production\n/m);
  assert.ok(!told.some((line) => line.includes('env_production')));
});

test('an environment that no app has is told, with those there are', async () => {
  await assert.rejects(initFromPm2(TEAM, '/srv/gwproxy.yaml', 'staging'), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, EXIT.usage);
    assert.equal(error.message, "no app has an env_staging; there is 'production'");
    return true;
  });
});

test('relative paths begin in the folder of pm2’s file where the folder at hand has nothing of that name', async (t) => {
  const at = await folder(t, {
    'bots/deep/bot.js': '',
    'bots/a.yaml': 'apps: [{ name: a, script: bot.js, cwd: deep, out_file: out.log }]\n',
  });
  const { text } = await initFromPm2(join(at, 'bots', 'a.yaml'), join(at, 'gwproxy.yaml'), null);
  assert.match(text, /^ {4}command: \[node, bot\.js\]\n {4}cwd: bots\/deep\n/m);
  assert.match(text, /^ {4}log_file: bots\/deep\/out\.log$/m);
});

test('relative paths begin in the folder at hand first, as pm2’s do, and two that would work are told', async (t) => {
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
  const { text, told } = await initFromPm2(join(at, 'deploy', 'a.json'), join(at, 'gwproxy.yaml'), null, at);
  assert.match(text, /^ {2}up:\n {4}command: \[node, src\/bot\.js\]\n(?! {4}cwd)/m);
  assert.match(text, /^ {2}beside:\n {4}command: \[node, own\.js\]\n {4}cwd: deploy\n/m);
  assert.match(text, /^ {2}both:\n {4}command: \[node, both\.js\]\n(?! {4}cwd)/m);
  assert.deepEqual(
    told.filter((line) => /: script, cwd:/.test(line)),
    [
      `both: script, cwd: begin in ${at}, as by \`pm2 start\` called there; in ${at}/deploy too there is what could be started: if that was meant, run init there`,
    ],
  );
});

test('what is said of the variables of a dump is true of one app and of several', async (t) => {
  const entry = (name: string) => ({ name, pm_exec_path: '/bin/sh', pm_cwd: '/', env: { EXPORTED: 'yes' } });
  const at = await folder(t, {
    'one.json': JSON.stringify([entry('a')]),
    'two.json': JSON.stringify([entry('a'), entry('b')]),
  });
  const said = async (file: string) => {
    const { told, text, envFiles } = await initFromPm2(join(at, file), join(at, 'gwproxy.yaml'), null);
    assert.doesNotMatch(text, /EXPORTED/);
    assert.match(envFiles[0]?.text ?? '', /\n# From the shell .*\nEXPORTED=yes\n$/);
    return told.filter((line) => line.startsWith('all: env: '));
  };
  assert.deepEqual(await said('one.json'), [
    "all: env: a dump does not tell an app's own variables from its shell's: both stand at the end of its env_file, NODE_ENV aside: keep what the bot needs",
  ]);
  assert.deepEqual(await said('two.json'), [
    'all: env: what is the same in all apps or in this shell, NODE_ENV aside, is taken for that of the shell that pm2 was started in, and stands at the end of each env_file: keep what the bot needs, and look through env: in the config too',
  ]);
});

test('the line that stops pm2’s apps: each for itself, by the name that pm2 has for it', async (t) => {
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
    next.filter((line) => line.startsWith("next: stop pm2's")),
    [
      "next: stop pm2's 'all' by its id, which `pm2 ls` shows: that name means something else to pm2",
      "next: stop pm2's '7' by its id, which `pm2 ls` shows: that name means something else to pm2",
      "next: stop pm2's: pm2 delete 'it'\\''s'; pm2 delete web-production; pm2 save --force",
    ],
  );
});

test('a file of which nothing could be started is refused, with each reason', async (t) => {
  const at = await folder(t, { 'a.json': '[{"name": "a", "script": "gone.js"}, {"script": "serve"}]' });
  await assert.rejects(initFromPm2(join(at, 'a.json'), '/srv/gwproxy.yaml', null, '/'), {
    message: new RegExp(
      `^a: there is no script /gone\\.js, and there is no script ${at}/gone\\.js\\nserve: it serves files.*\\n.*no app that could be started$`,
    ),
  });
});
