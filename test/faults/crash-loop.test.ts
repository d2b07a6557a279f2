import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertUntouched, prepareFault } from './support/fault.ts';

/** pino's number for the level. */
const ERROR = 50;

describe('a gateway that exits at once, again and again', { concurrency: 2 }, () => {
  test('is restarted after growing waits up to the cap; the other gateway is untouched', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        doomed: { program: 'exits.mjs', env: { EXIT_CODE: 3 }, restart: { min: '50ms', max: '400ms' } },
        other: { program: 'serve.mjs' },
      },
    });
    const gwproxy = await fault.up('other');
    const other = await gwproxy.profile('other');
    const waits: number[] = [];
    for (let generation = 1; generation <= 5; generation += 1) {
      const line = await gwproxy.waitFor(
        `backoff ${generation}`,
        (line) => line.type === 'gateway.state' && line.state === 'backoff' && line.generation === generation,
      );
      waits.push(Number(line.nextStartAt) - Number(line.time));
    }
    t.diagnostic(`waits: ${waits.join(', ')} ms`);
    // Each is at least half of its ceiling, which doubles from twice `min` to `max`, less the delay of the log line.
    for (const [index, floor] of [50, 100, 200, 200, 200].entries()) {
      assert.ok((waits[index] ?? 0) >= floor - 20, `wait ${index + 1} of ${waits.join(', ')}`);
    }
    assert.ok(waits.every((wait) => wait <= 400));

    const status = await gwproxy.profile('doomed');
    assert.ok(status.restarts >= 4);
    assert.equal(status.last_exit?.code, 3);
    assert.equal(status.last_error, 'exited with code 3: about to end');
    assert.equal((await fault.ask('other')).status, 200);
    assertUntouched(other, await gwproxy.profile('other'));
  });

  test('with give_up: it fails, which is logged as an error, and requests are refused at once until `start`', async (t) => {
    const fault = await prepareFault(t, {
      gateways: {
        doomed: {
          program: 'exits.mjs',
          env: { EXIT_CODE: 3 },
          restart: { min: '10ms', max: '50ms', give_up: { restarts: 3, within: '60s' } },
        },
      },
    });
    const gwproxy = await fault.up();
    const failed = await gwproxy.waitFor('failed', (line) => line.state === 'failed');
    assert.equal(failed.level, ERROR);
    assert.match(
      String(failed.reason),
      /^exited with code 3: about to end; gave up after 3 restarts within (?:60s|1m);/,
    );
    const status = await gwproxy.profile('doomed');
    assert.deepEqual([status.state, status.pid, status.restarts], ['failed', null, 3]);
    assert.match(status.last_error ?? '', /gave up/);

    const refused = await fault.ask('doomed');
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.get('retry-after') !== null);

    const started = await fault.cli('start', 'doomed');
    assert.equal(started.code, 70);
    assert.ok((await gwproxy.profile('doomed')).generation > status.generation, 'it was tried again');
  });
});
