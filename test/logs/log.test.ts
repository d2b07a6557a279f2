import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../src/events.ts';
import { levelOf } from '../../src/logs/json-lines.ts';
import { countedLines } from '../../src/logs/log.ts';
import { throttleRefusals } from '../../src/logs/throttle.ts';

function refused(code: 'GWPROXY_NO_ROUTE' | 'GWPROXY_REQUEST_INVALID', profile: string | null = null): Event {
  return {
    type: 'door.refused',
    code,
    detail: '',
    requestId: 'r',
    method: 'GET',
    path: '/',
    profile,
    cause: null,
  };
}

test('a flood of refusals is reported twenty a second and code, and the rest is counted', () => {
  const seen: Event[] = [];
  let now = 10_000;
  const report = throttleRefusals(
    (event) => seen.push(event),
    () => now,
  );
  for (let count = 0; count < 500; count++) report(refused('GWPROXY_NO_ROUTE'));
  report(refused('GWPROXY_REQUEST_INVALID'));
  assert.equal(seen.length, 21);
  now = 11_000;
  report(refused('GWPROXY_NO_ROUTE'));
  assert.deepEqual(seen.slice(21), [
    { type: 'door.suppressed', code: 'GWPROXY_NO_ROUTE', count: 480 },
    refused('GWPROXY_NO_ROUTE'),
  ]);
});

test('everything but refusals passes the throttle untouched', () => {
  const seen: Event[] = [];
  const report = throttleRefusals((event) => seen.push(event));
  const line: Event = { type: 'gateway.output', profile: 'a', stream: 'stdout', line: 'x' };
  for (let count = 0; count < 100; count++) report(line);
  assert.equal(seen.length, 100);
});

test('lines that do not fit are counted, and the next line that fits follows one with their number and the first reason', () => {
  const taken: { type?: string; line?: string; lines?: number; msg?: string }[] = [];
  const reasons = ['the disk is full', 'never asked'];
  let room = 2;
  const report = countedLines(
    (line) => {
      if (room === 0) return false;
      room -= 1;
      taken.push(JSON.parse(line));
      return true;
    },
    () => reasons.shift() ?? '',
  );
  const say = (line: string): void =>
    report({ type: 'gateway.output', profile: 'a', stream: 'stdout', line });
  for (const line of ['1', '2', '3', '4', '5']) say(line);
  assert.equal(report.dropped(), 3);
  room = 3;
  for (const line of ['6', '7']) say(line);
  assert.equal(report.dropped(), 0);
  assert.deepEqual(
    taken.map(({ type, line, lines, msg }) => (type === 'log.dropped' ? `${lines} ${msg}` : line)),
    ['1', '2', '3 log lines dropped: the disk is full', '6', '7'],
  );
});

test('an event that needs the operator has a higher level than one that does not', () => {
  const state = (state: 'ready' | 'draining' | 'backoff' | 'failed', unfit = false): Event => ({
    type: 'gateway.state',
    profile: 'a',
    state,
    generation: 1,
    pid: null,
    unfit,
    reason: null,
    nextStartAt: null,
  });
  assert.equal(levelOf(state('ready')), 'info');
  assert.equal(levelOf(state('backoff')), 'warn');
  assert.deepEqual([levelOf(state('draining')), levelOf(state('draining', true))], ['info', 'warn']);
  assert.equal(levelOf(state('failed')), 'error');
  assert.equal(levelOf(refused('GWPROXY_NO_ROUTE')), 'info');
  assert.equal(levelOf(refused('GWPROXY_NO_ROUTE', 'a')), 'warn');
});

test('refused batches are logged no more often than other refusals', () => {
  const seen: Event[] = [];
  let time = 0;
  const report = throttleRefusals(
    (event) => seen.push(event),
    () => time,
  );
  const mixed: Event = {
    type: 'door.mixed-batch',
    requestId: 'r',
    path: '/',
    lacking: ['a'],
    attributes: [],
    more: 0,
  };
  for (let count = 0; count < 50; count += 1) report(mixed);
  assert.equal(seen.length, 20);
  time = 1000;
  report(mixed);
  assert.deepEqual(seen.at(-2), { type: 'door.suppressed', code: 'GWPROXY_MIXED_BATCH', count: 30 });
});

test('unmatched requests with invented keys cannot fill the log', () => {
  const seen: Event[] = [];
  const report = throttleRefusals(
    (event) => seen.push(event),
    () => 10_000,
  );
  for (let count = 0; count < 100; count++) {
    const attributes = { platform: 'slack', fields: { team: `T${count}` } } as const;
    report({ type: 'door.unmatched', attributes, path: '/' });
  }
  assert.equal(seen.length, 20);
});
