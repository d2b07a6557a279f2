import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Moments } from '../../../src/schedule/moments.ts';
import {
  type Agenda,
  type Due,
  LATEST,
  newAgenda,
  nextMoment,
  turn,
} from '../../../src/supervisor/schedules/agenda.ts';

const MINUTE = 60_000;
const DAY = 24 * LATEST;

/** A moment at each multiple of `every` ms. */
function each(every: number): Moments {
  return (after) => (Math.floor(after / every) + 1) * every;
}

function agendaOf(every: number, at: number): Agenda {
  return newAgenda([{ profile: 'alpha', moments: each(every) }], at);
}

/** What is due and missed as the clock shows these times, one after the other. */
function follow(agenda: Agenda, clock: readonly number[]) {
  let now = agenda;
  return clock.map((at) => {
    const { agenda: next, due, missed } = turn(now, at);
    now = next;
    return [...due.map(({ moment }) => `due ${moment}`), ...missed.map(({ moment }) => `missed ${moment}`)];
  });
}

test('a moment is due once, when it has come', () => {
  const agenda = agendaOf(DAY, 10);
  assert.equal(nextMoment(agenda), DAY);
  assert.deepEqual(follow(agenda, [DAY - 1, DAY, DAY + 1, 2 * DAY]), [
    [],
    [`due ${DAY}`],
    [],
    [`due ${2 * DAY}`],
  ]);
});

test('a moment that is noticed within an hour is made up for, a later one is skipped', () => {
  assert.deepEqual(follow(agendaOf(DAY, 10), [DAY + LATEST]), [[`due ${DAY}`]]);
  assert.deepEqual(follow(agendaOf(DAY, 10), [DAY + LATEST + 1, 2 * DAY]), [
    [`missed ${DAY}`],
    [`due ${2 * DAY}`],
  ]);
});

test('of the many moments in a long sleep one is made up for, if it is of the last hour', () => {
  const slept = 10 * DAY + 30 * MINUTE;
  assert.deepEqual(follow(agendaOf(MINUTE, 10), [slept, slept + 1]), [[`due ${slept - LATEST}`], []]);
  assert.deepEqual(follow(agendaOf(DAY, 10), [slept]), [[`due ${10 * DAY}`]]);
});

test('a clock that is set back a little brings no moment again; one that was far ahead is followed anew', () => {
  const agenda = agendaOf(DAY, 10);
  const little = [DAY, DAY - 30 * MINUTE, DAY, 2 * DAY];
  assert.deepEqual(follow(agenda, little), [[`due ${DAY}`], [], [], [`due ${2 * DAY}`]]);
  const far = [500 * DAY, 2 * DAY + 1, 3 * DAY];
  assert.deepEqual(follow(agenda, far), [[`due ${500 * DAY}`], [], [`due ${3 * DAY}`]]);
});

test('moments of one time keep the order of the agenda', () => {
  const names = ['c', 'a', 'b'];
  const agenda = newAgenda(
    names.map((profile) => ({ profile, moments: each(profile === 'a' ? MINUTE : DAY) })),
    DAY - 3 * MINUTE,
  );
  const { due } = turn(agenda, DAY);
  assert.deepEqual(
    due.map(({ profile }) => profile),
    ['a', 'c', 'b'],
    'a has an older one',
  );
});

test('however the clock runs, no moment is due twice, none too early or too late, and one at a time', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 2 * MINUTE }),
    fc.integer({ min: -LATEST, max: 3 * LATEST }),
    fc.integer({ min: 0, max: 3 * DAY }),
  );
  const every = fc.constantFrom(1000, MINUTE, 7 * MINUTE, LATEST, DAY);
  fc.assert(
    fc.property(every, fc.nat(DAY), fc.array(step, { maxLength: 60 }), (period, start, steps) => {
      let agenda = agendaOf(period, start);
      let now = start;
      let newest = start;
      const done = new Set<number>();
      for (const change of steps) {
        // The clock is never set back by more than an hour in all: beyond it another rule holds.
        now = Math.max(newest - LATEST, now + change);
        newest = Math.max(newest, now);
        const next = turn(agenda, now);
        agenda = next.agenda;
        assert.ok(next.due.length + next.missed.length <= 1);
        for (const { moment } of next.due) {
          assert.ok(moment <= now && now - moment <= LATEST, 'neither early nor late');
          assert.ok(!done.has(moment), 'twice');
          done.add(moment);
        }
        for (const { moment } of next.missed) assert.ok(now - moment > LATEST);
        const coming = nextMoment(agenda);
        assert.ok(coming !== null && coming > now, 'what is next lies ahead');
      }
    }),
    { numRuns: 2000 },
  );
});

test('without a moment to come there is nothing to wait for', () => {
  const never: readonly Due[] = [];
  const agenda = newAgenda([{ profile: 'alpha', moments: () => null }], 0);
  assert.equal(nextMoment(agenda), null);
  assert.deepEqual(turn(agenda, DAY).due, never);
  assert.equal(nextMoment(newAgenda([], 0)), null);
});
