import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { fetchText } from '../../../../src/door/verify/tokens/fetch-text.ts';
import { type FetchedKeys, KeyCache } from '../../../../src/door/verify/tokens/key-cache.ts';
import { KeyStore } from '../../../../src/door/verify/tokens/key-store.ts';
import { portOf } from '../../support/raw.ts';
import { jwks, signingKey } from '../support.ts';

const ONE = signingKey('one');
const TWO = signingKey('two');
const DAY = 24 * 60 * 60 * 1000;

type Answer = string | Error;

/** A cache whose clock and network are the test's; each fetch waits until it is answered. */
function cached(how: 'keys' | 'metadata' = 'keys') {
  let now = 1000;
  const asked: { readonly url: string; readonly answer: (answer: Answer) => void }[] = [];
  const cache = new KeyCache({
    how,
    url: 'https://keys.example/',
    now: () => now,
    fetch: (url) =>
      new Promise((resolve, reject) => {
        const answer = (one: Answer) => (typeof one === 'string' ? resolve(one) : reject(one));
        asked.push({ url, answer });
      }),
  });
  return {
    cache,
    asked,
    advance: (ms: number) => {
      now += ms;
    },
    /** Asks for a key, answering the fetch that this makes; fails where it makes another number of them. */
    async find(kid: string, ...answers: readonly Answer[]): Promise<string> {
      const before = asked.length;
      const found = cache.find(kid);
      for (const answer of answers) {
        await Promise.resolve();
        asked.at(-1)?.answer(answer);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const words = said(await found);
      assert.equal(asked.length - before, answers.length, 'fetches');
      return words;
    },
  };
}

function said(found: FetchedKeys): string {
  return found.kind === 'none' ? `none, ${found.retryAfter} s` : found.keys.map(({ kid }) => kid).join();
}

const BROKEN = new Error('broken');

test('keys are fetched once, and again for one that is not there, at most once a minute', async () => {
  const { find, advance } = cached();
  assert.equal(await find('one', jwks(ONE)), 'one');
  assert.equal(await find('one'), 'one');
  assert.equal(await find('two'), 'one', 'nobody’s key, by what was fetched just now');
  advance(59_999);
  assert.equal(await find('two'), 'one');
  advance(1);
  assert.equal(await find('two', jwks(ONE, TWO)), 'one,two');
});

test('those who need keys at once share a fetch', async () => {
  const { cache, asked } = cached();
  const all = [cache.find('one'), cache.find('two'), cache.find('one')];
  asked[0]?.answer(jwks(ONE));
  assert.deepEqual((await Promise.all(all)).map(said), ['one', 'one', 'one']);
  assert.equal(asked.length, 1);
});

test('without any key a failed fetch is told, and tried again after five seconds', async () => {
  const { find, advance, cache } = cached();
  assert.equal(await find('one', BROKEN), 'none, 5 s');
  assert.equal(await find('one'), 'none, 5 s');
  const found = await cache.find('one');
  assert.match(found.kind === 'none' ? found.reason : '', /https:\/\/keys\.example\/: broken/);
  advance(5000);
  assert.equal(await find('one', 'no JSON'), 'none, 5 s');
  advance(5000);
  assert.equal(await find('one', jwks(ONE)), 'one');
});

test('the last good keys are kept when a fetch fails; a key that they lack may be a new one', async () => {
  const { find, advance } = cached();
  await find('one', jwks(ONE));
  advance(60_000);
  assert.equal(await find('two', BROKEN), 'none, 5 s');
  assert.equal(await find('one'), 'one');
  advance(5000);
  assert.equal(await find('two', jwks(TWO)), 'two');
  advance(60_000);
  assert.equal(await find('one', jwks(TWO)), 'two', 'withdrawn');
});

test('keys are fetched anew once a day, while those that are there still serve', async () => {
  const { cache, asked, find, advance } = cached();
  await find('one', jwks(ONE));
  advance(DAY);
  assert.equal(said(await cache.find('one')), 'one', 'at once');
  assert.equal(asked.length, 2);
  asked[1]?.answer(BROKEN);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await find('one'), 'one', 'not again within a minute');
  advance(60_000);
  assert.equal(said(await cache.find('one')), 'one');
  asked[2]?.answer(jwks(TWO));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(said(await cache.find('two')), 'two');
});

test('metadata say where the keys are, over https alone', async () => {
  const { find, asked, advance } = cached('metadata');
  const metadata = (jwks_uri: unknown) => JSON.stringify({ jwks_uri });
  for (const bad of [metadata('http://keys.example/'), metadata('keys'), metadata(7), '{}', 'no JSON']) {
    assert.equal(await find('one', bad), 'none, 5 s', bad);
    advance(5000);
  }
  assert.equal(await find('one', metadata('https://other.example/keys'), jwks(ONE)), 'one');
  assert.equal(asked.at(-1)?.url, 'https://other.example/keys');
});

test('a store has one cache for each URL, and remembers no more than 64 of them', async () => {
  const asked: string[] = [];
  const store = new KeyStore(Date.now, async (url) => {
    asked.push(url);
    return jwks(ONE);
  });
  const find = (url: string) => store.find({ kind: 'url', url }, '', 'one');
  await find('https://a.example/');
  await find('https://a.example/');
  assert.equal(asked.length, 1);
  for (let count = 0; count < 64; count += 1) await find(`https://${count}.example/`);
  await find('https://63.example/');
  assert.equal(asked.length, 65);
  await find('https://a.example/');
  assert.equal(asked.length, 66, 'forgotten');
});

async function served(t: TestContext, answer: (path: string, res: ServerResponse) => void): Promise<string> {
  const server = createServer((req, res) => answer(req.url ?? '', res)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

test('a fetch takes a 200 of its own URL, no larger than a mebibyte', async (t) => {
  const url = await served(t, (path, res) => {
    if (path === '/keys') res.end('the keys');
    else if (path === '/moved') res.writeHead(302, { Location: '/keys' }).end();
    else if (path === '/large') res.end(Buffer.alloc(1024 * 1024 + 1));
    else res.writeHead(500).end();
  });
  const { signal } = new AbortController();
  assert.equal(await fetchText(`${url}/keys`, signal), 'the keys');
  await assert.rejects(fetchText(`${url}/moved`, signal), /the answer is 302/);
  await assert.rejects(fetchText(`${url}/broken`, signal), /the answer is 500/);
  await assert.rejects(fetchText(`${url}/large`, signal), /exceeded|size/i);
});

test('a store that is closed ends what it fetches', async (t) => {
  let begun = (): void => {};
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const url = await served(t, () => begun());
  const store = new KeyStore(Date.now);
  const found = store.find({ kind: 'url', url }, '', 'one');
  await isBegun;
  store.close();
  assert.equal(said(await found), 'none, 5 s');
});
