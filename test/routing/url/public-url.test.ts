import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicUrlOf } from '../../../src/routing/url/public-url.ts';

const PUBLIC = { href: 'https://A.example.com', proto: 'https', host: 'a.example.com' } as const;
const PORT = { href: 'http://a.example.com:8080', proto: 'http', host: 'a.example.com:8080' } as const;

test('the public URL of a request has the host of its route, if that has one', () => {
  assert.equal(publicUrlOf(PUBLIC, null), PUBLIC);
  assert.deepEqual(publicUrlOf(PUBLIC, 'b.example.com'), {
    href: 'https://b.example.com',
    proto: 'https',
    host: 'b.example.com',
  });
  assert.equal(publicUrlOf(PORT, 'b.example.com')?.href, 'http://b.example.com:8080');
  assert.equal(publicUrlOf(PORT, '[2001:db8::1]')?.host, '[2001:db8::1]:8080');
  assert.equal(publicUrlOf(null, 'b.example.com'), null);
  assert.equal(publicUrlOf(null, null), null);
});
