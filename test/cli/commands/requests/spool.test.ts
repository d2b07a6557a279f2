import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Commands, startControl } from '../../../../src/admin/control-server.ts';
import {
  type ChosenDeliveries,
  type SpoolEntry,
  spoolEntries,
  unreadableEntries,
} from '../../../../src/admin/spool-view.ts';
import { spoolText } from '../../../../src/cli/output/spool-text.ts';
import { stateFolder } from '../../../../src/state-folder.ts';
import { runCli } from '../../../support/cli.ts';

const NOW = Date.UTC(2026, 0, 1);

const entries: readonly SpoolEntry[] = spoolEntries([
  {
    id: '0hol2199gq0',
    profile: 'inbox-triage',
    platform: 'bot-framework',
    state: 'queued',
    reason: null,
    receivedAt: NOW - 65_000,
    bytes: 1000,
    tries: 2,
    lastStatus: '503',
  },
  {
    id: '0hol2199hhs',
    profile: 'standup',
    platform: 'github',
    state: 'dead',
    reason: 'expired',
    receivedAt: NOW - 90_000_000,
    bytes: 2000,
    tries: 0,
    lastStatus: null,
  },
]);

const UNREADABLE = unreadableEntries([
  {
    file: '0hol2199ii0',
    profile: 'standup',
    because: 'newer',
    reason: 'its format is 9, and this gwproxy reads formats up to 2',
    path: '/state/spool/new/0hol2199ii0',
    bytes: 500,
  },
  {
    file: '0hol2199jj0',
    profile: null,
    because: 'damaged',
    reason: 'its first line does not end',
    path: '/state/spool/corrupt/0hol2199jj0',
    bytes: 0,
  },
]);

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-spool-cli-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('the table shows each delivery with its age, tries and state', () => {
  assert.equal(
    spoolText({ spool: entries, unreadable: [] }, NOW),
    [
      'ID           PROFILE       PLATFORM       AGE    TRIES  LAST STATUS  STATE',
      '0hol2199gq0  inbox-triage  bot-framework  1m 5s  2      503          queued',
      '0hol2199hhs  standup       github         1d 1h  0      -            dead: expired',
    ].join('\n'),
  );
  assert.equal(spoolText({ spool: [], unreadable: [] }, NOW), 'nothing is spooled');
});

test('files that cannot be read have a table of their own, with where they are, why, and what to do', () => {
  assert.equal(
    spoolText({ spool: [], unreadable: UNREADABLE }, NOW),
    [
      'acknowledged deliveries that cannot be read:',
      'ID           PROFILE  BYTES  FILE                              WHY',
      '0hol2199ii0  standup  500    /state/spool/new/0hol2199ii0      its format is 9, and this gwproxy reads formats up to 2',
      '0hol2199jj0  -        0      /state/spool/corrupt/0hol2199jj0  its first line does not end',
      'files of a newer gwproxy are left as they are: the newer one delivers them',
      'damaged files: `gwproxy spool drop ID` deletes one; copy its FILE first to keep what is left of it',
    ].join('\n'),
  );
  assert.match(
    spoolText({ spool: entries, unreadable: UNREADABLE }, NOW),
    /dead: expired\n\nacknowledged deliveries/,
  );
});

test('the command line lists, retries and drops, and refuses contradictory arguments', async () => {
  const config = join(folder, 'gwproxy.yaml');
  writeFileSync(config, 'profiles: {}\n');
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const asked: [string, ChosenDeliveries][] = [];
  const unused = () => Promise.reject(new Error('not in this test'));
  const commands: Commands = {
    status: async () => ({
      version: '1.2.3',
      pid: 4,
      listen: '127.0.0.1:3978',
      uptime_s: 61,
      profiles: [],
      config_error: null,
      config_pending: [],
      failing_logs: [],
      spool_error: null,
      spool_unreadable: 0,
      orphaned: {},
    }),
    down: unused,
    start: unused,
    stop: unused,
    restart: unused,
    reload: unused,
    unmatched: () => [],
    clearUnmatched: () => 0,
    spool: {
      list: () => ({ spool: entries, unreadable: UNREADABLE }),
      retry: async (chosen) => asked.push(['retry', chosen]),
      drop: async (chosen) => {
        asked.push(['drop', chosen]);
        return 'ids' in chosen ? 1 : 7;
      },
    },
  };
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(['spool', ...args, '-c', config], env);
    return { code, said: stdout + stderr };
  };
  assert.equal((await run()).code, 69);
  const control = await startControl({ folder: stateFolder(config, env), commands, report: () => {} });
  try {
    const listed = JSON.parse((await run('--json')).said);
    assert.deepEqual(listed, { spool: entries, unreadable: UNREADABLE });
    assert.match(
      (await run('list', '--profile', 'standup')).said,
      /^ID .*\n0hol2199hhs .*dead: expired\n\nacknowledged .*\n.*\n0hol2199ii0 .*\n.*newer one.*\n$/,
    );
    assert.deepEqual(await run('retry', '0hol2199gq0'), { code: 0, said: 'retried: 1\n' });
    assert.deepEqual(await run('drop', '--all', '--json'), { code: 0, said: '{"dropped":7}\n' });
    const half = await run('drop', 'a', 'b');
    assert.equal(half.code, 1);
    assert.match(half.said, /dropped: 1\n.*1 of 2 deliveries were not changed: /s);
    assert.deepEqual((await run('drop', '--profile', 'standup')).code, 0);
    for (const action of ['list', 'retry', 'drop']) {
      const { code, said } = await run(action, '--profile', 'stand-up');
      assert.equal(code, 2, action);
      assert.match(said, /no profile 'stand-up', .*; did you mean 'standup'\?/);
    }
    assert.deepEqual(asked, [
      ['retry', { ids: ['0hol2199gq0'] }],
      ['drop', { all: true }],
      ['drop', { ids: ['a', 'b'] }],
      ['drop', { profile: 'standup' }],
    ]);
    for (const args of [['retry'], ['drop', 'a', '--all'], ['list', 'a'], ['0hol2199gq0']]) {
      assert.equal((await run(...args)).code, 2, args.join(' '));
    }
    assert.equal(asked.length, 4);
  } finally {
    await control.close();
  }
});
