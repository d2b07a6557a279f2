import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Client, ClientDisconnected } from '../../../src/door/http/client.ts';
import { type Identity, repeatKey } from '../../../src/door/repeats/repeat-key.ts';
import {
  type BeginResult,
  type Original,
  REPEAT_WINDOW,
  Repeats,
  type RepeatsOptions,
  type Settled,
} from '../../../src/door/repeats/repeats.ts';
import { DoorError } from '../../../src/errors.ts';
import { Timers } from '../../../src/util/timers.ts';

const IDENTITY: Identity = {
  profile: 'a',
  listener: 'main',
  target: '/api/messages',
  dedupKey: ['a:1', '1'],
  sha256: hash('sha256', '{}', 'hex'),
};

class FakeClient implements Client {
  readonly clientAddress = '';
  isDisconnected = false;
  #undo: (() => void) | null = null;

  onDisconnect(undo: (() => void) | null): void {
    this.#undo = undo;
  }

  leave(): void {
    this.isDisconnected = true;
    this.#undo?.();
  }
}

/** With a clock of its own, which `pass` moves on. */
function setUp(t: TestContext, limits: Partial<RepeatsOptions> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const timers = new Timers();
  const repeats = new Repeats({ timers, now: Date.now, ...limits });
  return { repeats, timers, pass: (ms: number) => t.mock.timers.tick(ms) };
}

function first(begun: Settled | BeginResult): Original {
  assert.ok(begun.kind === 'original', begun.kind);
  return begun.original;
}

function repeat(begun: BeginResult): Promise<Settled> {
  assert.ok(begun.kind === 'repeat', begun.kind);
  return begun.settled;
}

test('two requests are the same delivery only where everything is the same', () => {
  const key = repeatKey(IDENTITY);
  assert.equal(key.length, 32);
  assert.equal(repeatKey({ ...IDENTITY, sha256: hash('sha256', '{}', 'hex') }), key);
  const others: readonly Partial<Identity>[] = [
    { profile: 'b' },
    { listener: 'webhook' },
    { target: '/api/messages?x' },
    { dedupKey: ['a:1', '2'] },
    { dedupKey: ['a:11'] },
    { dedupKey: ['a:1","1'] },
    { sha256: hash('sha256', '{ }', 'hex') },
  ];
  const keys = others.map((other) => repeatKey({ ...IDENTITY, ...other }));
  assert.equal(new Set([...keys, key]).size, others.length + 1);
});

test('a repeat of a delivery in flight gets its status, and a later one gets it at once', async (t) => {
  const { repeats, timers, pass } = setUp(t);
  const original = first(repeats.begin('k', new FakeClient(), 1000));
  const settled = repeat(repeats.begin('k', new FakeClient(), 1000));
  original.done(202);
  assert.deepEqual(await settled, { kind: 'answered', status: 202 });
  pass(REPEAT_WINDOW - 1);
  assert.deepEqual(repeats.begin('k', new FakeClient(), 0), { kind: 'answered', status: 202 });
  pass(1);
  first(repeats.begin('k', new FakeClient(), 0)).failed();
  assert.equal(timers.size, 0);
});

test('of several repeats whose original was not accepted, one is delivered, and the others wait for it', async (t) => {
  const { repeats } = setUp(t);
  const original = first(repeats.begin('k', new FakeClient(), 1000));
  const [one, two, three] = [1, 2, 3].map(() => repeat(repeats.begin('k', new FakeClient(), 1000)));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  original.done(500);
  const next = first(await one);
  next.failed();
  const last = first(await two);
  last.done(200);
  assert.deepEqual(await three, { kind: 'answered', status: 200 });
});

test('only the first word on how a delivery ended counts', async (t) => {
  const { repeats } = setUp(t);
  const original = first(repeats.begin('k', new FakeClient(), 1000));
  original.failed();
  original.done(200);
  const next = first(repeats.begin('k', new FakeClient(), 1000));
  original.failed();
  const settled = repeat(repeats.begin('k', new FakeClient(), 1000));
  next.done(204);
  assert.deepEqual(await settled, { kind: 'answered', status: 204 });
});

test('a repeat waits no longer than its own sender, and is never delivered a second time', async (t) => {
  const { repeats, timers, pass } = setUp(t);
  const original = first(repeats.begin('k', new FakeClient(), 1000));
  const late = repeat(repeats.begin('k', new FakeClient(), 1000));
  const client = new FakeClient();
  const gone = repeat(repeats.begin('k', client, 2000));
  pass(1000);
  await assert.rejects(
    late,
    (error) => error instanceof DoorError && error.code === 'GWPROXY_UPSTREAM_TIMEOUT',
  );
  client.leave();
  await assert.rejects(gone, ClientDisconnected);
  assert.equal(timers.size, 0);
  original.failed();
  first(repeats.begin('k', new FakeClient(), 0));
});

test('so many wait, and so many are remembered', async (t) => {
  const { repeats } = setUp(t, { remembered: 2, waiting: 1 });
  const original = first(repeats.begin('a', new FakeClient(), 1000));
  const waits = repeat(repeats.begin('a', new FakeClient(), 1000));
  assert.throws(
    () => repeats.begin('a', new FakeClient(), 1000),
    (error) => error instanceof DoorError && error.code === 'GWPROXY_OVERLOADED',
  );
  original.done(200);
  await waits;
  for (const key of ['b', 'c']) first(repeats.begin(key, new FakeClient(), 0)).done(200);
  assert.equal(repeats.begin('c', new FakeClient(), 0).kind, 'answered');
  assert.equal(repeats.begin('b', new FakeClient(), 0).kind, 'answered');
  assert.equal(repeats.begin('a', new FakeClient(), 0).kind, 'original', 'the oldest is forgotten');
});

type Step =
  | { readonly do: 'begin'; readonly key: string; readonly patience: number }
  | { readonly do: 'end'; readonly which: number; readonly status: number | null }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      key: fc.constantFrom('a', 'b', 'c'),
      patience: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      status: fc.constantFrom(200, 204, 404, 503, null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
);

const WINDOW = 100;
const BOUNDS = { remembered: 2, waiting: 6 };

interface Request {
  readonly key: string;
  readonly until: number;
  /** 'original', 'waiting', or how it ended. */
  state: string;
}

/** What should become of each request, in plain lists. */
class Model {
  readonly requests: Request[] = [];
  now = 0;
  #answered: { readonly key: string; readonly status: number; readonly until: number }[] = [];

  in(state: string): number[] {
    return this.requests.flatMap((request, at) => (request.state === state ? [at] : []));
  }

  begin(key: string, patience: number): void {
    const answered = this.#answered.find((one) => one.key === key && this.now < one.until);
    const isOpen = this.requests.some((one) => one.key === key && one.state === 'original');
    let state = 'original';
    if (answered !== undefined) state = `answered ${answered.status}`;
    else if (isOpen) state = this.in('waiting').length < BOUNDS.waiting ? 'waiting' : 'refused';
    this.requests.push({ key, until: this.now + patience, state });
  }

  end(at: number, status: number | null): void {
    const original = this.requests[at];
    if (original === undefined) return;
    original.state = 'over';
    const repeats = this.requests.filter((one) => one.key === original.key && one.state === 'waiting');
    if (status === null || status >= 300) {
      if (repeats[0] !== undefined) repeats[0].state = 'original';
      return;
    }
    for (const repeat of repeats) repeat.state = `answered ${status}`;
    const others = this.#answered.filter((one) => one.key !== original.key);
    this.#answered = [...others, { key: original.key, status, until: this.now + WINDOW }].slice(
      -BOUNDS.remembered,
    );
  }

  pass(ms: number): void {
    this.now += ms;
    for (const request of this.requests) {
      if (request.state === 'waiting' && request.until <= this.now) request.state = 'late';
    }
  }
}

test('whatever arrives, ends, disconnects and expires, each request gets what a plain model says', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { size: 'max', maxLength: 60 }), async (steps) => {
      const model = new Model();
      const start = Date.now();
      const timers = new Timers();
      const repeats = new Repeats({ timers, now: () => Date.now() - start, ...BOUNDS });
      const states: string[] = [];
      const clients: FakeClient[] = [];
      const leadings = new Map<number, Original>();
      const settle = (at: number, settled: Settled): void => {
        states[at] = settled.kind === 'original' ? 'original' : `answered ${settled.status}`;
        if (settled.kind === 'original') leadings.set(at, settled.original);
      };
      const begin = (key: string, patience: number): void => {
        const at = states.length;
        const client = new FakeClient();
        clients.push(client);
        states.push('waiting');
        try {
          const begun = repeats.begin(key, client, model.now + patience, WINDOW);
          if (begun.kind !== 'repeat') settle(at, begun);
          else {
            begun.settled.then(
              (settled) => settle(at, settled),
              (error: unknown) => {
                states[at] = error instanceof ClientDisconnected ? 'left' : 'late';
              },
            );
          }
        } catch {
          states[at] = 'refused';
        }
      };
      const pick = (state: string, which: number): number | undefined => {
        const among = model.in(state);
        return among[which % Math.max(1, among.length)];
      };

      for (const step of steps) {
        if (step.do === 'begin') {
          model.begin(step.key, step.patience);
          begin(step.key, step.patience);
        } else if (step.do === 'pass') {
          model.pass(step.ms);
          t.mock.timers.tick(step.ms);
        } else if (step.do === 'end') {
          const at = pick('original', step.which);
          if (at === undefined) continue;
          model.end(at, step.status);
          states[at] = 'over';
          if (step.status === null) leadings.get(at)?.failed();
          else leadings.get(at)?.done(step.status);
        } else {
          const at = pick('waiting', step.which);
          const request = at === undefined ? undefined : model.requests[at];
          if (at === undefined || request === undefined) continue;
          request.state = 'left';
          clients[at]?.leave();
        }
        await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(
          states,
          model.requests.map(({ state }) => state),
        );
        assert.equal(timers.size, model.in('waiting').length);
      }
      timers.close();
    }),
  );
});
