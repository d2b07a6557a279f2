import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misplaced, otherLoopback } from '../../../src/supervisor/health/misplaced.ts';
import type { ListeningAddress } from '../../../src/supervisor/ports/own-listeners.ts';

const at = (address: string, port: number): ListeningAddress => ({ address, port });
const expected = { listener: 'http', host: '127.0.0.1', port: 18_641, others: new Set([18_642]) };

test('the other loopback address counts only for a loopback address, and for the same port', () => {
  assert.equal(otherLoopback(expected, [at('::1', 18_641)]), '::1');
  assert.equal(otherLoopback(expected, [at('::', 18_641)]), '::1', 'an IPv6-only socket');
  assert.equal(otherLoopback({ host: '::1', port: 18_641 }, [at('127.0.0.1', 18_641)]), '127.0.0.1');
  assert.equal(otherLoopback({ host: '::1', port: 18_641 }, [at('0.0.0.0', 18_641)]), '127.0.0.1');
  assert.equal(otherLoopback(expected, [at('0.0.0.0', 18_641)]), null, 'it is reached where it is');
  assert.equal(otherLoopback({ host: '::1', port: 18_641 }, [at('::', 18_641)]), null);
  assert.equal(otherLoopback(expected, [at('::1', 18_642)]), null);
  assert.equal(otherLoopback(expected, [at('127.0.0.1', 18_641), at('10.0.0.1', 18_641)]), null);
  assert.equal(otherLoopback({ host: '10.0.0.1', port: 18_641 }, [at('127.0.0.1', 18_641)]), null);
});

test('a gateway at another address of its port is told to write that host', () => {
  assert.deepEqual(misplaced(expected, [at('10.0.0.1', 18_641), at('127.0.0.1', 9229)]), {
    reason: 'the gateway listens at 10.0.0.1:18641, and not at 127.0.0.1:18641',
    advice: "write `listeners: { http: { host: '10.0.0.1' } }`",
  });
});

test('a gateway at other ports is told to listen on its own, or to write one of those', () => {
  const found = [at('0.0.0.0', 3978), at('::', 3979), at('::1', 3980), at('::1', 3981)];
  assert.deepEqual(misplaced(expected, found), {
    reason: 'the gateway listens at 0.0.0.0:3978, [::]:3979, [::1]:3980, 1 more, and not at 127.0.0.1:18641',
    advice: 'have it listen on port 18641, or write `listeners: { http: { port: 3978 } }`',
  });
});

test("the ports of the gateway's other listeners say nothing", () => {
  assert.equal(misplaced(expected, [at('127.0.0.1', 18_642)]), null);
  assert.equal(misplaced(expected, []), null);
});
