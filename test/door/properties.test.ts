import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Head } from '../../src/door/request/head.ts';
import { readHead } from '../../src/door/request/read-head.ts';
import { readTarget } from '../../src/door/request/request-target.ts';
import { Counters } from '../../src/door/upstream/counters.ts';
import { requestHeaders } from '../../src/door/upstream/headers.ts';
import { type Generation, Leases } from '../../src/door/upstream/leases.ts';
import { DoorError } from '../../src/errors.ts';
import { Timers } from '../../src/util/timers.ts';
import { FakeSupervisor, LIMITS, target } from './support/door.ts';

const NAMES = [
  'Host',
  'host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'X-A',
  'X_Forwarded_For',
  'Content-Type',
  'Upgrade',
  'TE',
];
const VALUES = [
  '',
  'a',
  'chunked',
  'Chunked',
  'gzip, chunked',
  '3',
  '+3',
  '3, 3',
  'close',
  'x-a',
  'host',
  'a b',
  'a@b',
  'a:80',
];
const header = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));

test('whatever the headers, a head is refused or has one Host and one framing, and only that is forwarded', () => {
  fc.assert(
    fc.property(
      fc.array(header, { maxLength: 6 }),
      fc.constantFrom('1.0', '1.1', '2.0'),
      (headers, httpVersion) => {
        let head: Head;
        try {
          head = readHead({ method: 'POST', url: '/', httpVersion, rawHeaders: headers.flat() });
        } catch (error) {
          assert.ok(error instanceof DoorError);
          return;
        }
        const named = (name: string) => headers.filter(([other]) => other.toLowerCase() === name);
        assert.equal(named('host').length, 1);
        assert.ok(named('content-length').length + named('transfer-encoding').length <= 1);
        if (head.length === 'chunked')
          assert.equal(named('transfer-encoding')[0]?.[1].toLowerCase(), 'chunked');
        else assert.equal(head.length, Number(named('content-length')[0]?.[1] ?? 0));
        const peer = { address: '127.0.0.1', loopback: true };
        const sent = requestHeaders(head, {
          peer,
          publicUrl: null,
          requestId: 'r',
          stripped: '',
          keepHeaders: [],
        });
        const names = sent.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
        for (const hop of ['connection', 'content-length', 'transfer-encoding', 'upgrade', 'te']) {
          assert.ok(!names.includes(hop), hop);
        }
      },
    ),
  );
});

test('a target is taken as it is, or refused', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('/', 'http://h.example/', 'http://h.example', 'http://x/', ''),
      (text, start) => {
        const form = readTarget(start + text, 'h.example');
        if (!form.ok) return;
        const whole = form.path + form.search;
        assert.ok(whole.startsWith('/'));
        assert.ok((start + text).endsWith(whole) || (start + text).endsWith(whole.slice(1)));
        assert.ok(!form.path.includes('?'));
      },
    ),
  );
});

type Step = { readonly do: 'take' | 'release' } | { readonly do: 'route'; readonly ready: readonly number[] };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ do: 'take' }),
  fc.constant<Step>({ do: 'release' }),
  fc.uniqueArray(fc.integer({ min: 1, max: 3 })).map((ready): Step => ({ do: 'route', ready })),
);

test('the last word on a generation that left routing is that nothing is in flight on it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const supervisor = new FakeSupervisor();
      const counters = new Counters(LIMITS);
      const leases = new Leases('door-1', supervisor, counters, new Timers(), () => 1);
      let ready: readonly number[] = [];
      const taken: Generation[] = [];
      const route = (next: readonly number[]) => {
        ready = next;
        leases.reportUnrouted(leases.applyTargets(next.map((generation) => target('a', 1, { generation }))));
      };
      for (const one of steps) {
        if (one.do === 'route') route(one.ready);
        else if (one.do === 'release') {
          const generation = taken.shift();
          if (generation !== undefined) leases.release(generation);
        } else if (ready[0] !== undefined) {
          const generation = leases.generation('a', ready[0]);
          leases.acquire(generation);
          taken.push(generation);
        }
        assert.equal(counters.of('a').inFlight, taken.length);
      }
      const routed = new Set(steps.flatMap((one) => (one.do === 'route' ? one.ready : [])));
      route([]);
      for (const generation of taken) leases.release(generation);
      for (const generation of routed) {
        const last = supervisor.of('load').findLast((told) => told.generation === generation);
        assert.equal(last?.inFlight, 0, `generation ${generation}`);
      }
    }),
  );
});
