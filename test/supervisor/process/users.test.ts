import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountIn, environmentOf, groupIdIn } from '../../../src/supervisor/process/users.ts';

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  '# a comment',
  'broken:x:not-a-number:1:::',
  '1000:x:7:8:a name of digits:/seven:',
  'bot:x:1000:1001:a bot:/srv/bot:/usr/sbin/nologin',
  'homeless:x:1002:1002:::',
  '',
].join('\n');

test('an account is found by its name, by its number, and by a name that is a number', () => {
  assert.deepEqual(accountIn(PASSWD, 'bot'), { uid: 1000, gid: 1001, name: 'bot', home: '/srv/bot' });
  assert.equal(accountIn(PASSWD, '1002')?.name, 'homeless');
  assert.equal(accountIn(PASSWD, '1002')?.home, null);
  // As chown(1) and all others have it: a name first.
  assert.equal(accountIn(PASSWD, '1000')?.uid, 7);
  assert.equal(accountIn(PASSWD, 'broken'), null);
  assert.equal(accountIn(PASSWD, ''), null);
});

test('a group is found by its name', () => {
  const groups = 'root:x:0:\nbots:x:2000:bot,other\n';
  assert.equal(groupIdIn(groups, 'bots'), 2000);
  assert.equal(groupIdIn(groups, 'bot'), null);
});

test("only values inherited from gwproxy are replaced by the user's", () => {
  const bot = { uid: 1000, gid: 1001, name: 'bot', home: '/srv/bot' };
  const own = { HOME: '/root', USER: 'root' };
  assert.deepEqual(environmentOf(bot, { A: '1', HOME: '/root', USER: 'root' }, own), {
    A: '1',
    HOME: '/srv/bot',
    USER: 'bot',
    LOGNAME: 'bot',
  });
  assert.deepEqual(environmentOf(bot, { HOME: '/data', LOGNAME: 'me' }, own), {
    HOME: '/data',
    USER: 'bot',
    LOGNAME: 'me',
  });
  assert.deepEqual(environmentOf({ ...bot, name: null, home: null }, { HOME: '/root', USER: 'x' }, own), {
    USER: 'x',
  });
});
