import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { appInEnvironment, pm2HomeOf, pm2OwnerOf } from '../../../src/supervisor/ports/pm2-daemon.ts';

test('pm2 tells an app its name in the environment, in fork and in cluster mode', () => {
  const said = { script: '/srv/bot.js', name: 'bot', cwd: '/srv' };
  assert.deepEqual(appInEnvironment('A=1\0pm_exec_path=/srv/bot.js\0name=bot\0pm_cwd=/srv\0'), said);
  const json = JSON.stringify({ pm_exec_path: '/srv/bot.js', name: 'bot', pm_cwd: '/srv' });
  assert.deepEqual(appInEnvironment(`pm2_env=${json}\0A=1\0`), said);
  assert.equal(appInEnvironment('pm2_env={\0'), null);
  assert.equal(appInEnvironment('A=1\0'), null);
});

test('the daemon of pm2 is known by its command line', () => {
  assert.equal(pm2HomeOf('PM2 v7.0.4: God Daemon (/home/ada/.pm2)\0\0'), '/home/ada/.pm2');
  assert.equal(pm2HomeOf('node\0/srv/bot.js\0'), null);
});

test('a process is pm2’s if one of its parents is a daemon of pm2', async (t) => {
  const title = 'PM2 v7.0.4: God Daemon (/srv/pm2)';
  const worker = 'console.log(process.pid); setInterval(() => {}, 1000);';
  // A daemon, its app, and the app's own child, which prints its pid.
  const app = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(worker)}], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
  const env = "{ pm_exec_path: '/srv/bot.js', name: 'standup' }";
  const daemon = spawn(
    process.execPath,
    [
      '-e',
      `process.title = ${JSON.stringify(title)};
         require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(app)}], { stdio: 'inherit', env: ${env} });
         setInterval(() => {}, 1000);`,
      'room for a title that is longer than the command line '.repeat(2),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  t.after(async () => {
    const closed = once(daemon, 'close');
    if (daemon.pid !== undefined) process.kill(-daemon.pid, 'SIGKILL');
    await closed;
  });
  const [line] = await once(daemon.stdout, 'data');
  const pid = Number(String(line));
  assert.deepEqual(pm2OwnerOf(pid), { pm2Home: '/srv/pm2', name: 'standup' });
  assert.deepEqual(pm2OwnerOf(daemon.pid ?? 0), { pm2Home: '/srv/pm2', name: null });
  assert.equal(pm2OwnerOf(process.pid), null);
});
