import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf, peerOf } from '../../../src/door/http/peer.ts';

const tunnel = peerOf('127.0.0.1');

test('behind a tunnel on this machine the client is the last address that is not of this machine', () => {
  for (const [forwardedFor, client] of [
    ['198.51.100.7', '198.51.100.7'],
    // The client writes what it likes in front of what its proxies append.
    ['203.0.113.9, 10.0.0.1, 198.51.100.7', '198.51.100.7'],
    // A second proxy on this machine appends the first one's address.
    ['198.51.100.7, 127.0.0.1, ::1', '198.51.100.7'],
    ['198.51.100.7,', '198.51.100.7'],
    ['', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    [undefined, '127.0.0.1'],
  ] as const) {
    assert.equal(clientOf(tunnel, forwardedFor), client, forwardedFor);
  }
});

test('a client that is not on this machine is who it is, whatever it says', () => {
  assert.equal(clientOf(peerOf('198.51.100.7'), '203.0.113.9'), '198.51.100.7');
  assert.equal(clientOf(peerOf('::ffff:198.51.100.7'), undefined), '198.51.100.7');
});

test('all addresses of an IPv6 network are one client', () => {
  for (const address of ['2001:db8:1:2::1', '2001:DB8:1:2:3:4:5:6']) {
    assert.equal(clientOf(peerOf(address), undefined), '2001:db8:1:2::/64');
  }
  assert.equal(clientOf(peerOf('2001:db8::1'), undefined), '2001:db8:0:0::/64');
});
