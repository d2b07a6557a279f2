import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { QUEUE_RULES, Queue } from '../../../src/door/spool/queue.ts';
import type { SendOutcome } from '../../../src/door/spool/send-verdict.ts';
import type { Spooled } from '../../../src/door/spool/store/spooled-delivery.ts';

const RULES = {
  ...QUEUE_RULES,
  tries: 3,
  firstPause: 10,
  firstUnsent: 10,
  longestPause: 100,
  perProfile: 2,
  mostPerProfile: 4,
  inAll: 3,
  longestWait: 1000,
};
const OK: SendOutcome = { kind: 'answered', status: 200, retryAfter: null };
const AWAY: SendOutcome = { kind: 'unsent', code: 'ECONNREFUSED' };

let last = 0;
function spooled(changes: Partial<Spooled> = {}): Spooled {
  last += 1;
  return {
    id: String(last).padStart(6, '0'),
    profile: 'a',
    platform: 'github',
    method: 'POST',
    target: '/hook',
    publicTarget: '/hook',
    orderKey: 'k',
    dedupKey: null,
    receivedAt: 0,
    expiresAt: null,
    bytes: 1,
    sha256: '',
    ...changes,
  };
}

const always = () => 'ready' as const;

function queueOf(...all: readonly Spooled[]): Queue {
  const queue = new Queue(RULES);
  for (const one of all) queue.add(one, 'queued');
  return queue;
}

function ids(all: readonly { readonly spooled: Spooled }[]): readonly string[] {
  return all.map((one) => one.spooled.id);
}

describe('the queue', () => {
  it('sends more at once to a gateway that accepts them, and few again once it does not', () => {
    const many = Array.from({ length: 12 }, (_, at) => spooled({ orderKey: String(at) }));
    const queue = new Queue({ ...RULES, inAll: 100 });
    for (const one of many) queue.add(one, 'queued');
    const flying: string[] = [];
    const take = () => flying.push(...ids(queue.dequeue(0, always).toSend));
    const answer = (outcome: SendOutcome) => {
      const [id = ''] = flying.splice(0, 1);
      if (queue.settle(id, outcome, 0, 0).kind === 'delivered') queue.remove(id);
    };
    const sizes: number[] = [];
    for (const outcome of [OK, OK, OK, AWAY, OK]) {
      take();
      sizes.push(flying.length);
      answer(outcome);
    }
    take();
    sizes.push(flying.length);
    assert.deepEqual(sizes, [2, 3, 4, 4, 3, 3], 'after AWAY none goes until there are few again');
  });

  it('lets gateways that hang keep no other one’s from going', () => {
    const queue = new Queue({ ...RULES, inAll: 3 });
    for (const profile of ['a', 'b']) {
      for (const orderKey of ['1', '2']) queue.add(spooled({ profile, orderKey }), 'queued');
    }
    assert.equal(queue.dequeue(0, always).toSend.length, 3);
    for (const orderKey of ['1', '2']) queue.add(spooled({ profile: 'c', orderKey }), 'queued');
    assert.deepEqual(
      queue.dequeue(0, always).toSend.map(({ spooled: { profile } }) => profile),
      ['c'],
    );
  });

  it('sends the first of each order key, a few at a time', () => {
    const [a, b, c, d] = [spooled(), spooled(), spooled({ orderKey: 'l' }), spooled({ orderKey: null })];
    const queue = queueOf(a, b, c, d);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), [a.id, c.id]);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), []);
    assert.equal(queue.settle(a.id, OK, 0, 0).kind, 'delivered');
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), [d.id], 'the other order key has its turn');
    queue.settle(d.id, OK, 0, 0);
    assert.deepEqual(
      ids(queue.dequeue(0, always).toSend),
      [],
      'what is not removed yet still blocks its key',
    );
    queue.remove(a.id);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), [b.id]);
  });

  it('sends no more in all than may be in memory, in turn by profile, but one of each', () => {
    const queue = queueOf(
      ...['a', 'b', 'c'].flatMap((profile) => [spooled({ profile }), spooled({ profile, orderKey: null })]),
    );
    const first = queue.dequeue(0, always).toSend;
    assert.deepEqual(
      first.map((one) => one.spooled.profile),
      ['a', 'a', 'b', 'c'],
    );
    for (const one of first) queue.settle(one.spooled.id, OK, 0, 0);
    for (const one of first) queue.remove(one.spooled.id);
    assert.deepEqual(
      queue.dequeue(0, always).toSend.map((one) => one.spooled.profile),
      ['b', 'c'],
    );
  });

  it('keeps the place of what is being written', () => {
    const queue = new Queue(RULES);
    const [first, second] = [spooled(), spooled()];
    queue.add(first, 'writing');
    queue.add(second, 'writing');
    queue.markDurable(second.id);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), []);
    queue.markDurable(first.id);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), [first.id]);
  });

  it('blocks its own order key alone while it fails, and dies after its tries', () => {
    const [bad, behind, other] = [spooled(), spooled(), spooled({ orderKey: 'l' })];
    const queue = queueOf(bad, behind, other);
    let now = 0;
    for (let tries = 1; tries <= 3; tries += 1) {
      assert.ok(ids(queue.dequeue(now, always).toSend).includes(bad.id));
      const verdict = queue.settle(bad.id, { kind: 'broken', code: 'ECONNRESET' }, now, 0);
      assert.equal(verdict.kind, tries < 3 ? 'again' : 'dead');
      assert.deepEqual(ids(queue.dequeue(now, always).toSend), []);
      if (tries < 3) now = queue.nextChangeAt(now);
    }
    assert.deepEqual([queue.get(bad.id)?.tries, queue.get(bad.id)?.lastStatus], [3, 'ECONNRESET']);
    queue.remove(bad.id);
    assert.deepEqual(ids(queue.dequeue(now, always).toSend), [behind.id]);
  });

  it('waits for the listener of each target, and returns the profiles that wait', () => {
    const [web, mail] = [spooled({ orderKey: 'w', target: '/web' }), spooled({ target: '/mail' })];
    const queue = queueOf(web, mail);
    const { toSend: taken, waiting } = queue.dequeue(0, (_profile, target) =>
      target === '/mail' ? 'ready' : 'not-ready',
    );
    assert.deepEqual(ids(taken), [mail.id]);
    assert.deepEqual([...waiting], [['a', '/web']]);
    assert.equal(queue.nextChangeAt(0), 1000, 'time alone changes nothing before it expires');
  });

  it('gives up what no listener is there for, one of an order key after another, and nothing else waits for it', () => {
    const [old, behind, other] = [
      spooled({ target: '/old' }),
      spooled({ target: '/old' }),
      spooled({ orderKey: 'l', target: '/new' }),
    ];
    const queue = queueOf(old, behind, other);
    const stateOf = (_profile: string, target: string) => (target === '/old' ? 'no-listener' : 'ready');
    const first = queue.dequeue(0, stateOf);
    assert.deepEqual(
      [ids(first.stranded), ids(first.toSend), [...first.waiting]],
      [[old.id], [other.id], []],
    );
    assert.deepEqual(ids(queue.dequeue(0, stateOf).stranded), [], 'once');
    queue.remove(old.id);
    assert.deepEqual(ids(queue.dequeue(0, stateOf).stranded), [behind.id]);
    assert.equal(queue.get(behind.id)?.state, 'leaving');
  });

  it('gives up what waited too long, and what its sender’s credentials do not outlive', () => {
    const [old, soon, flying] = [
      spooled(),
      spooled({ expiresAt: 50 }),
      spooled({ orderKey: 'l', expiresAt: 50 }),
    ];
    const queue = queueOf(old, soon, flying);
    assert.equal(queue.nextChangeAt(0), 50);
    assert.deepEqual(ids(queue.dequeue(0, always).toSend), [old.id, flying.id]);
    assert.deepEqual(ids(queue.expire(49)), []);
    assert.deepEqual(ids(queue.expire(50)), [soon.id]);
    assert.deepEqual(ids(queue.expire(50)), [], 'once');
    queue.settle(flying.id, AWAY, 60, 0);
    assert.deepEqual(ids(queue.expire(60)), [flying.id], 'what was under way is looked at after it');
    queue.requeue(old.id);
    assert.deepEqual(ids(queue.expire(1000)), [old.id]);
  });

  it('sends at once what the operator wants sent, be it too old or not', () => {
    const old = spooled({ expiresAt: 50 });
    const queue = queueOf(old);
    queue.dequeue(0, always);
    queue.settle(old.id, AWAY, 0, 0);
    assert.equal(queue.sendNow(old.id), true);
    assert.deepEqual(ids(queue.expire(60)), []);
    assert.deepEqual(ids(queue.dequeue(60, always).toSend), [old.id]);
    assert.equal(queue.sendNow(old.id), false);
    assert.equal(queue.markLeaving(old.id), undefined);
  });

  it('tells how much waits, and since when', () => {
    const queue = queueOf(spooled({ receivedAt: 7 }), spooled({ receivedAt: 5, orderKey: 'l' }));
    assert.deepEqual(queue.sizeOf('a'), { size: 2, oldest: 5 });
    assert.deepEqual(queue.sizeOf('b'), { size: 0, oldest: null });
    assert.deepEqual([queue.hasProfile('a'), queue.hasProfile('b')], [true, false]);
  });
});

type Step =
  | { readonly kind: 'add'; readonly profile: string; readonly key: string | null; readonly lasts: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly status: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly ready: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    profile: fc.constantFrom('a', 'b'),
    key: fc.constantFrom('k', 'l', null),
    lasts: fc.constantFrom(20, 200, 5000),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    pick: fc.nat(9),
    status: fc.constantFrom(200, 200, 400, 429, 503, 0, -1),
  }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 5, 30, 400), ready: fc.boolean() }),
);

function outcomeOf(status: number): SendOutcome {
  if (status === 0) return AWAY;
  return status < 0 ? { kind: 'broken', code: 'ECONNRESET' } : { kind: 'answered', status, retryAfter: null };
}

/** Runs the steps, then lets everything succeed; fails where a promise is broken on the way. */
function run(steps: readonly Step[]): void {
  const queue = new Queue(RULES);
  const added: Spooled[] = [];
  const flying = new Map<string, Spooled>();
  /** Of each profile and order key, the ids in the order in which they were first sent. */
  const sent = new Map<string, string[]>();
  const ended = new Map<string, string>();
  let now = 0;
  const keyOf = ({ profile, orderKey }: Spooled): string => JSON.stringify([profile, orderKey]);
  const end = (one: Spooled, how: string): void => {
    assert.ok(!ended.has(one.id), 'ended twice');
    ended.set(one.id, how);
    queue.remove(one.id);
  };
  const look = (ready: boolean): void => {
    for (const { spooled } of queue.expire(now)) {
      assert.ok(!flying.has(spooled.id), 'expired under way');
      end(spooled, 'expired');
    }
    for (const { spooled } of queue.dequeue(now, () => (ready ? 'ready' : 'not-ready')).toSend) {
      assert.ok(ready);
      assert.ok(![...flying.values()].some((one) => keyOf(one) === keyOf(spooled)), 'two of one key');
      flying.set(spooled.id, spooled);
      const ids = sent.get(keyOf(spooled)) ?? [];
      if (!ids.includes(spooled.id)) ids.push(spooled.id);
      sent.set(keyOf(spooled), ids);
    }
    assert.ok(flying.size <= RULES.inAll + 1, 'and one of whoever has none');
    for (const profile of ['a', 'b']) {
      assert.ok([...flying.values()].filter((one) => one.profile === profile).length <= RULES.mostPerProfile);
    }
  };
  const settle = (one: Spooled, outcome: SendOutcome): void => {
    flying.delete(one.id);
    const verdict = queue.settle(one.id, outcome, now, 0.5);
    if (verdict.kind !== 'again') end(one, verdict.kind);
  };
  for (const one of steps) {
    if (one.kind === 'add') {
      const { profile, key: orderKey, lasts } = one;
      const item = spooled({ profile, orderKey, receivedAt: now, expiresAt: now + lasts });
      added.push(item);
      queue.add(item, 'queued');
      look(true);
    } else if (one.kind === 'pass') {
      now += one.ms;
      look(one.ready);
    } else {
      const target = [...flying.values()][one.pick % Math.max(1, flying.size)];
      if (target !== undefined) settle(target, outcomeOf(one.status));
    }
  }
  for (let round = 0; queue.list().length > 0; round += 1) {
    assert.ok(round < 1000, 'something is stuck');
    for (const one of [...flying.values()]) settle(one, OK);
    look(true);
    if (flying.size === 0 && queue.list().length > 0) {
      const at = queue.nextChangeAt(now);
      assert.ok(at > now && at < Number.POSITIVE_INFINITY, 'nothing would ever wake it');
      now = at;
      look(true);
    }
  }
  assert.deepEqual(
    [...ended.keys()].sort(),
    added.map(({ id }) => id),
    'something vanished',
  );
  for (const ids of sent.values()) assert.deepEqual(ids, [...ids].sort(), 'out of order');
  assert.deepEqual([queue.hasProfile('a'), queue.hasProfile('b')], [false, false]);
}

describe('whatever happens', () => {
  it('nothing vanishes, order holds within a key, and no two of a key are under way', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), run), { numRuns: 500 });
  });
});
