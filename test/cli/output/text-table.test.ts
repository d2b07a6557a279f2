import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../../src/admin/status.ts';
import { duration, fitted, statusTable, table } from '../../../src/cli/output/text-table.ts';

const STATUS: Omit<Status, 'profiles'> = {
  version: '1.2.3',
  pid: 4,
  listen: '127.0.0.1:3978',
  uptime_s: 61,
  config_error: null,
  config_pending: [],
  failing_logs: [],
  spool_error: null,
  spool_unreadable: 0,
  orphaned: {},
};

test('columns line up and lines end without spaces', () => {
  assert.equal(
    table([
      ['A', 'LONG HEADER', 'C'],
      ['wide cell', 'x', ''],
    ]),
    'A          LONG HEADER  C\nwide cell  x',
  );
});

test('a duration shows its two largest units', () => {
  assert.deepEqual([0, 1, 59, 60, 61, 3600, 3660, 7325, 86400, 90_000, 10 * 86400 + 3 * 3600].map(duration), [
    '0s',
    '1s',
    '59s',
    '1m',
    '1m 1s',
    '1h',
    '1h 1m',
    '2h 2m',
    '1d',
    '1d 1h',
    '10d 3h',
  ]);
});

const PROFILE: Status['profiles'][number] = {
  name: 'inbox',
  state: 'ready',
  pid: null,
  uptime_s: null,
  restarts: 0,
  desired: 'up',
  generation: 0,
  last_exit: null,
  schedule: null,
  next_start_at: null,
  restart_requested: false,
  last_error: null,
  rss_bytes: null,
  in_flight: 0,
  held: 0,
  broken_reuse: 0,
  spooled: 0,
  dead: 0,
  lost: 0,
  requests: 0,
  dropped_lines: 0,
  listeners: [],
};

test('the status table shows listeners that are not ready and the time of the next start', () => {
  const status: Status = {
    ...STATUS,
    config_pending: ['inbox: restarts (env.TOKEN)'],
    orphaned: { gone: 2 },
    profiles: [
      {
        ...PROFILE,
        state: 'backoff',
        restarts: 3,
        last_exit: { code: 1, signal: null, at: '2026-01-01T00:00:00.000Z', uptime_s: 3 },
        next_start_at: '2026-01-01T00:00:12.000Z',
        held: 2,
        requests: 7,
        last_error: 'exited with code 1',
        listeners: [{ name: 'http', port: 20001, ready: false }],
      },
    ],
  };
  assert.equal(
    statusTable(status, Date.parse('2026-01-01T00:00:00.000Z')),
    [
      'gwproxy 1.2.3  pid 4  listening on 127.0.0.1:3978  up 1m 1s',
      'the config has a change that is not applied: inbox: restarts (env.TOKEN)',
      'none of these changes is applied, since one of them restarts or ends a gateway; `gwproxy reload` applies all of them',
      'spooled for gone, which is not in the config: 2; see `gwproxy spool`',
      '',
      'PROFILE  STATE        PID  LISTENERS               UPTIME  RESTARTS  MEMORY  IN FLIGHT  HELD  REQUESTS  LAST ERROR',
      'inbox    backoff 12s  -    http:20001 (not ready)  -       3         -       0          2     7         exited with code 1',
    ].join('\n'),
  );
});

test('the status table shows what is next by a schedule, and how a job stands', () => {
  const schedule = {
    action: 'restart',
    pattern: '0 4 * * *',
    timezone: null,
    next_at: '2026-01-01T05:12:00.000Z',
    last_at: null,
    skipped: 0,
  } as const;
  const job = { ...PROFILE, schedule: { ...schedule, action: 'run' } } as const;
  const exit = { code: 0, signal: null, at: '2026-01-01T00:00:00.000Z', uptime_s: 40 };
  const status: Status = {
    ...STATUS,
    profiles: [
      { ...PROFILE, schedule },
      { ...PROFILE, name: 'plain' },
      { ...job, name: 'busy', schedule: { ...job.schedule, skipped: 2 } },
      { ...job, name: 'done', state: 'stopped', desired: 'scheduled', last_exit: exit },
      { ...job, name: 'off', state: 'stopped', desired: 'down', last_exit: exit },
    ],
  };
  const shown = statusTable(status, Date.parse('2026-01-01T00:00:00.000Z')).split('\n');
  assert.equal(shown[1], 'moments of schedules that were skipped: busy 2; `gwproxy logs gwproxy` says why');
  assert.deepEqual(
    shown.slice(3).map((line) => line.split(/ {2,}/).slice(0, 3)),
    [
      ['PROFILE', 'STATE', 'SCHEDULE'],
      ['inbox', 'ready', 'restart in 5h 12m'],
      ['plain', 'ready', '-'],
      ['busy', 'running', 'run in 5h 12m'],
      ['done', 'waiting', 'run in 5h 12m; the last took 40s'],
      ['off', 'stopped', '-'],
    ],
  );
});

test('the status table shows how many lines of output are in no log', () => {
  const profile = { ...PROFILE, name: 'flood', pid: 5, uptime_s: 1, generation: 1, dropped_lines: 482_939 };
  const status: Status = {
    ...STATUS,
    profiles: [profile, { ...profile, name: 'calm', dropped_lines: 0 }],
  };
  assert.equal(statusTable(status, 0).split('\n')[1], 'lines of output that are in no log: flood 482939');
  assert.doesNotMatch(statusTable({ ...status, profiles: [] }, 0), /in no log/);
});

test('the status table shows which logs cannot be written, and why', () => {
  const status: Status = {
    ...STATUS,
    failing_logs: [{ file: '/logs/a.log', reason: 'ENOSPC: no space left on device' }],
    profiles: [],
  };
  const [, note] = statusTable(status, 0).split('\n');
  assert.equal(note, 'the log file /logs/a.log cannot be written: ENOSPC: no space left on device');
});

test('the status table distinguishes on-demand gateways from stopped ones', () => {
  const asleep = { ...PROFILE, name: 'asleep', state: 'stopped', desired: 'on-demand' } as const;
  const rows = statusTable(
    {
      ...STATUS,
      profiles: [asleep, { ...asleep, name: 'ended', desired: 'down' }],
    },
    0,
  );
  assert.match(rows, /^asleep +stopped \(on demand\) +-/m);
  assert.match(rows, /^ended +stopped +-/m);
});

test('a table is cut to a small terminal and says how many lines are not shown', () => {
  const text = Array.from({ length: 20 }, (_, at) => `${at} ${'x'.repeat(30)}`).join('\n');
  const shown = fitted(text, { columns: 10, rows: 5 }).split('\n');
  assert.deepEqual(shown, ['0 xxxxxxxx', '1 xxxxxxxx', '2 xxxxxxxx', '… and 17 m']);
  assert.equal(fitted(text, { columns: 80, rows: 21 }), text, 'one row is left for the line end');
  assert.match(fitted(text, { columns: 80, rows: 20 }), /\n17 x+\n… and 2 more$/);
  assert.equal(fitted(text, { columns: 80, rows: 1 }), '… and 20 more');
  assert.equal(fitted('a😀b', { columns: 2, rows: 9 }), 'a😀');
});

test('a long reason is cut in the table, which says where it is whole', () => {
  const profile = { ...PROFILE, last_error: `exited with code 1: Error: ${'x'.repeat(200)}` };
  const status: Status = {
    ...STATUS,
    profiles: [profile],
  };
  const lines = statusTable(status, 0).split('\n');
  assert.equal(lines[1], 'a last error that ends with … is whole in `gwproxy status --json`');
  assert.match(lines.at(-1) ?? '', / {2}exited with code 1: Error: x{132}…$/);
});
