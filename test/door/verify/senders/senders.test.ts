import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TwilioRules } from '../../../../src/config/types.ts';
import { discordVerifier } from '../../../../src/door/verify/senders/discord.ts';
import { giteaVerifier } from '../../../../src/door/verify/senders/gitea.ts';
import { githubVerifier } from '../../../../src/door/verify/senders/github.ts';
import { graphVerifier } from '../../../../src/door/verify/senders/graph.ts';
import { lineVerifier } from '../../../../src/door/verify/senders/line.ts';
import { metaVerifier } from '../../../../src/door/verify/senders/meta.ts';
import { slackVerifier } from '../../../../src/door/verify/senders/slack.ts';
import { telegramVerifier } from '../../../../src/door/verify/senders/telegram.ts';
import { twilioVerifier } from '../../../../src/door/verify/senders/twilio.ts';
import type { Received, Verdict, Verifier } from '../../../../src/door/verify/verdict.ts';
import {
  discordInteraction,
  githubIssue,
  lineEvent,
  type Sending,
  slackEvent,
  slackForm,
  telegramMessage,
  twilioMessage,
} from '../../../support/senders.ts';
import { authTokens, received, withHeader } from '../support.ts';

const discordKey = generateKeyPairSync('ed25519');
const discordPublic = Buffer.from(
  discordKey.publicKey.export({ format: 'jwk' }).x ?? '',
  'base64url',
).toString('hex');
const strangersPublic = Buffer.from(
  generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '',
  'base64url',
).toString('hex');

const MINUTES = 60_000;
/** When the requests below are signed: as this file is loaded, which may be long before they are verified. */
const SIGNED_AT = Date.now();

interface Case {
  readonly verifier: (secrets: readonly string[]) => Verifier;
  readonly right: string;
  readonly wrong: string;
  readonly good: Sending;
  /** The header with the proof; null where it is in the body. */
  readonly proof: string | null;
  /** Whether the proof covers the whole body, every byte of it. */
  readonly covers: boolean;
  /** Whether a good one is refused when it is repeated six minutes later. */
  readonly window: boolean;
}

function metaMessage(secret: string): Sending {
  const body = JSON.stringify({
    object: 'page',
    entry: [{ id: '1', messaging: [{ message: { text: 'hé' } }] }],
  });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return {
    path: '/meta',
    body,
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
  };
}

const GITEA_PUSH = JSON.stringify({ ref: 'refs/heads/maïn', repository: { full_name: 'a/b' } });

function giteaPush(secret: string, header: string, body = GITEA_PUSH, type = 'application/json'): Sending {
  const signature = createHmac('sha256', secret).update(GITEA_PUSH).digest('hex');
  return { path: '/gitea', body, headers: { 'Content-Type': type, [header]: signature } };
}

/** The signature is of the JSON, not of the form. */
function giteaForm(secret: string): Sending {
  const body = new URLSearchParams({ payload: GITEA_PUSH }).toString();
  return giteaPush(secret, 'X-Gitea-Signature', body, 'application/x-www-form-urlencoded');
}

function graphBatch(...states: readonly (string | undefined)[]): Sending {
  const value = states.map((clientState, index) => ({ subscriptionId: `s${index}`, clientState }));
  return { path: '/graph', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ value }) };
}

const CASES: Readonly<Record<string, Case>> = {
  slack: {
    verifier: slackVerifier,
    right: 'signing-secret',
    wrong: 'signing-secreT',
    good: slackEvent({ secret: 'signing-secret', team: 'T1', app: 'A1', text: 'héllo' }),
    proof: 'X-Slack-Signature',
    covers: true,
    window: true,
  },
  'a form of slack': {
    verifier: slackVerifier,
    right: 'signing-secret',
    wrong: 'signing-secreT',
    good: slackForm('signing-secret', { command: '/x', team_id: 'T1', text: 'a b&c' }),
    proof: 'X-Slack-Signature',
    covers: true,
    window: true,
  },
  github: {
    verifier: githubVerifier,
    right: 'webhook-secret',
    wrong: 'webhook-secre',
    good: githubIssue({ secret: 'webhook-secret', repository: 'a/b', title: 'héllo' }),
    proof: 'X-Hub-Signature-256',
    covers: true,
    window: false,
  },
  gitea: {
    verifier: giteaVerifier,
    right: 'webhook-secret',
    wrong: 'webhook-secre',
    good: giteaPush('webhook-secret', 'X-Gitea-Signature'),
    proof: 'X-Gitea-Signature',
    covers: true,
    window: false,
  },
  'a form of gitea': {
    verifier: giteaVerifier,
    right: 'webhook-secret',
    wrong: 'webhook-secre',
    good: giteaForm('webhook-secret'),
    proof: 'X-Gitea-Signature',
    covers: false,
    window: false,
  },
  line: {
    verifier: lineVerifier,
    right: 'channel-secret',
    wrong: 'channel-secret ',
    good: lineEvent({ secret: 'channel-secret', destination: 'U1', text: 'héllo' }),
    proof: 'X-Line-Signature',
    covers: true,
    window: false,
  },
  meta: {
    verifier: metaVerifier,
    right: 'app-secret',
    wrong: 'other-secret',
    good: metaMessage('app-secret'),
    proof: 'X-Hub-Signature-256',
    covers: true,
    window: false,
  },
  telegram: {
    verifier: telegramVerifier,
    right: 'secret-token',
    wrong: 'secret-tokem',
    good: telegramMessage({ token: 'secret-token', text: 'hello' }),
    proof: 'X-Telegram-Bot-Api-Secret-Token',
    covers: false,
    window: false,
  },
  twilio: {
    verifier: (tokens) => twilioVerifier(authTokens(tokens)),
    right: 'auth-token',
    wrong: 'auth-tokem',
    good: twilioMessage({
      token: 'auth-token',
      host: 'bots.example.com',
      target: '/sms%20in?lang=de&name=Ada%20L',
      to: 'whatsapp',
      text: 'hello',
    }),
    proof: 'X-Twilio-Signature',
    covers: true,
    window: false,
  },
  discord: {
    verifier: discordVerifier,
    right: discordPublic,
    wrong: strangersPublic,
    good: discordInteraction({ key: discordKey.privateKey, application: '1', command: 'héllo' }),
    proof: 'X-Signature-Ed25519',
    covers: true,
    window: true,
  },
  graph: {
    verifier: graphVerifier,
    right: 'client-state',
    wrong: 'client-statE',
    good: graphBatch('client-state', 'client-state'),
    proof: null,
    covers: false,
    window: false,
  },
};

async function judge(verifier: Verifier, request: Received): Promise<Verdict['ok']> {
  return (await verifier.verify(request)).ok;
}

for (const [name, { verifier, right, wrong, good, proof, covers, window }] of Object.entries(CASES)) {
  describe(name, () => {
    test('what is signed with the secret passes, and with any of those that are rotated', async () => {
      for (const secrets of [[right], [wrong, right], [right, wrong]]) {
        assert.equal(await judge(verifier(secrets), received(good)), true, secrets.join());
      }
    });

    test('another secret refuses it, with a reason that tells nothing of it', async () => {
      const verdict = await verifier([wrong]).verify(received(good));
      assert.ok(verdict.ok === false);
      assert.ok(!verdict.reason.includes(wrong) && !verdict.reason.includes(right), verdict.reason);
      assert.equal(await judge(verifier([wrong, `${wrong.slice(0, -2)}00`]), received(good)), false);
    });

    test('it is good for as long as its sender’s rule says', async () => {
      const at = SIGNED_AT;
      const verdict = await verifier([right]).verify(received(good, { now: at }));
      assert.ok(verdict.ok === true);
      if (!window) assert.equal(verdict.expiresAt, null);
      else assert.ok(Math.abs((verdict.expiresAt ?? 0) - at - 5 * MINUTES) < MINUTES);
      const expected = !window;
      for (const now of [at + 6 * MINUTES, at - 6 * MINUTES]) {
        assert.equal(await judge(verifier([right]), received(good, { now })), expected);
      }
      assert.equal(await judge(verifier([right]), received(good, { now: at + 4 * MINUTES })), true);
    });

    if (proof !== null) {
      test('without its proof, or with one cut short or of another kind, it is refused', async () => {
        const value = good.headers[proof] ?? '';
        for (const other of [
          null,
          '',
          value.slice(0, -1),
          value.slice(0, -2),
          `${value}00`,
          `x${value}`,
          '=',
        ]) {
          assert.equal(await judge(verifier([right]), received(withHeader(good, proof, other))), false);
        }
      });
    }

    if (covers) {
      test('any single changed byte of the body is refused', async () => {
        const body = Buffer.from(good.body);
        await fc.assert(
          fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
            const edited = Buffer.from(body);
            edited.writeUInt8((body[at] ?? 0) ^ flip, at);
            assert.equal(await judge(verifier([right]), received(good, { body: edited })), false);
          }),
        );
        for (const edited of [
          body.subarray(1),
          body.subarray(0, -1),
          Buffer.concat([body, body]),
          Buffer.alloc(0),
        ]) {
          assert.equal(await judge(verifier([right]), received(good, { body: edited })), false);
        }
      });
    }
  });
}

test('a timestamp is signed: a newer one does not make a replay good', async () => {
  for (const [name, header] of [
    ['slack', 'X-Slack-Request-Timestamp'],
    ['discord', 'X-Signature-Timestamp'],
  ] as const) {
    const { verifier, right, good } = CASES[name] ?? assert.fail();
    const later = String(Number(good.headers[header]) + 60);
    for (const value of [later, null, '', 'now', `${good.headers[header]}.0`, `+${good.headers[header]}`]) {
      assert.equal(
        await judge(verifier([right]), received(withHeader(good, header, value))),
        false,
        `${value}`,
      );
    }
  }
});

test('a signature of Slack’s is of version v0 alone', async () => {
  const { good } = CASES['slack'] ?? assert.fail();
  const value = (good.headers['X-Slack-Signature'] ?? '').replace('v0=', 'v1=');
  const request = received(withHeader(good, 'X-Slack-Signature', value));
  assert.equal(await judge(slackVerifier(['signing-secret']), request), false);
});

test('a subscription of Meta’s is not signed and passes by its route; nothing else does', () => {
  const meta = metaVerifier(['x']);
  const of = (method: string) => meta.needs(received(metaMessage('x'), { method }).head);
  assert.deepEqual(['GET', 'POST', 'HEAD', 'PUT'].map(of), ['nothing', 'body', 'body', 'body']);
});

test('Telegram’s proof needs no body, so that it streams', () => {
  assert.equal(
    telegramVerifier(['x']).needs(received(telegramMessage({ token: 'x', text: '' })).head),
    'head',
  );
});

test('every notification of Graph’s has the client state, and there is one', async () => {
  const graph = graphVerifier(['old', 'new']);
  const state = async (sending: Sending) => judge(graph, received(sending));
  assert.equal(await state(graphBatch('old', 'new')), true);
  for (const bad of [graphBatch('old', undefined), graphBatch('old', 'older'), graphBatch('')]) {
    assert.equal(await state(bad), false);
  }
  for (const body of [
    '{"value":[]}',
    '{}',
    '[]',
    '',
    '{"value":{"clientState":"old"}}',
    '{"value":["old"]}',
  ]) {
    assert.equal(await state({ ...graphBatch(), body }), false, body);
  }
  const lifecycle = { value: [{ lifecycleEvent: 'missed', subscriptionId: 's', clientState: 'new' }] };
  assert.equal(await state({ ...graphBatch(), body: JSON.stringify(lifecycle) }), true);
  const twice = '{"value":[{"subscriptionId":"s","clientState":"old","clientState":"stolen"}]}';
  assert.equal(await state({ ...graphBatch(), body: twice }), false, 'read in two ways');
});

describe('twilio', () => {
  const TOKEN = 'auth-token';
  const twilio = twilioVerifier(authTokens([TOKEN]));
  const sign = (text: string) => createHmac('sha1', TOKEN).update(text).digest('base64');
  const sending = (
    path: string,
    signature: string,
    body = '',
    type = 'application/x-www-form-urlencoded',
  ) => ({
    path,
    body,
    headers: { 'Content-Type': type, 'X-Twilio-Signature': signature },
  });

  test('the URL is signed as Twilio calls it, with its scheme’s own port or without', async () => {
    const { good } = CASES['twilio'] ?? assert.fail();
    for (const url of [`https://other.example${good.path}`, `http://bots.example.com${good.path}`, null]) {
      assert.equal(await judge(twilio, received(good, { url })), false, `${url}`);
    }
    const withPort = sending('/x?a=b', sign('https://bots.example.com:443/x?a=b'));
    assert.equal(await judge(twilio, received(withPort, { method: 'GET' })), true);
    const other = sending('/x', sign('https://bots.example.com:8443/x'));
    assert.equal(await judge(twilio, received(other, { method: 'GET' })), false);
    const own = { method: 'GET', url: 'https://bots.example.com:8443/x' };
    assert.equal(await judge(twilio, received(other, own)), true);
  });

  test('fields are signed decoded and in order, a repeated one once with each value', async () => {
    const body = 'b=2&a=%2B1+x&b=1&b=2&B=&%C3%A4=%F0%9F%98%80';
    const signature = sign('https://bots.example.com/xBa+1 xb1b2ä😀');
    assert.equal(await judge(twilio, received(sending('/x', signature, body))), true);
  });

  describe('by a shared key', () => {
    const KEY = 'shared-key';
    const URL_TEXT = 'https://bots.example.com/x';
    const settings = (algorithm: string) => `key=webhooks_sharedkey_invented,algorithm=${algorithm}`;
    const signed = (algorithm: 'sha1' | 'sha256', secret: string, named: string | null): Received => {
      const signature = createHmac(algorithm, secret).update(`${URL_TEXT}Body1`).digest('base64');
      const plain = sending('/x', signature, 'Body=1');
      return received(withHeader(plain, 'X-Twilio-Webhooks-Signature-Settings', named));
    };
    const rules = (more: Partial<TwilioRules> = {}): Verifier =>
      twilioVerifier({ ...authTokens([TOKEN]), sharedKeys: ['older-key', KEY], ...more });
    const sha1 = settings('HMAC_SHA1');
    const sha256 = settings('HMAC_SHA256');

    test('the header says the algorithm, and each scheme has its own secret', async () => {
      assert.equal(await judge(rules(), signed('sha256', KEY, sha256)), true);
      assert.equal(await judge(rules(), signed('sha1', TOKEN, null)), true);
      assert.equal(
        await judge(rules(), signed('sha256', TOKEN, sha256)),
        false,
        'the token is no shared key',
      );
      assert.equal(await judge(rules(), signed('sha1', KEY, null)), false, 'the shared key is no token');
      assert.equal(await judge(rules(), signed('sha1', KEY, sha256)), false, 'another algorithm than named');
    });

    test('a weaker algorithm than the config names is refused, whatever the header says', async () => {
      const request = signed('sha1', KEY, sha1);
      assert.equal(await judge(rules(), request), false);
      assert.equal(await judge(rules({ leastAlgorithm: 'HMAC_SHA1' }), request), true);
      assert.equal(await judge(rules({ leastAlgorithm: 'HMAC_SHA1' }), signed('sha256', KEY, sha256)), true);
      const verdict = await rules().verify(request);
      assert.match(verdict.ok === false ? verdict.reason : '', /write algorithm: HMAC_SHA1/);
    });

    test('where only shared keys are known, a request without the header is refused', async () => {
      const keysOnly = rules({ authTokens: [] });
      assert.equal(await judge(keysOnly, signed('sha256', KEY, sha256)), true);
      for (const secret of [KEY, TOKEN, '']) {
        assert.equal(await judge(keysOnly, signed('sha1', secret, null)), false, secret);
      }
    });

    test('the key may stand among the auth tokens', async () => {
      const listed = twilioVerifier(authTokens([TOKEN, KEY]));
      assert.equal(await judge(listed, signed('sha256', KEY, sha256)), true);
      assert.equal(await judge(listed, signed('sha256', 'other', sha256)), false);
    });

    test('settings with no algorithm, two, or an unknown one are refused', async () => {
      for (const named of [
        '',
        'key=x',
        'HMAC_SHA256',
        settings(''),
        settings('none'),
        settings('HMAC_MD5'),
        settings('hmac_sha256'),
        settings('HMAC_SHA256,algorithm=HMAC_SHA1'),
        settings('HMAC_SHA256 HMAC_SHA1'),
        settings('__proto__'),
      ]) {
        for (const algorithm of ['sha1', 'sha256'] as const) {
          for (const secret of [KEY, TOKEN, '']) {
            assert.equal(await judge(rules(), signed(algorithm, secret, named)), false, named);
          }
        }
      }
      assert.equal(await judge(rules(), signed('sha256', KEY, ' key = x , algorithm = HMAC_SHA256 ')), true);
    });
  });

  test('a GET is signed by its URL, and nothing may come beside it', async () => {
    const signature = sign('https://bots.example.com/x?To=1');
    assert.equal(await judge(twilio, received(sending('/x?To=1', signature), { method: 'GET' })), true);
    assert.equal(await judge(twilio, received(sending('/x?To=2', signature), { method: 'GET' })), false);
    assert.equal(await judge(twilio, received(sending('/x?To=1', signature, '='), { method: 'GET' })), false);
  });

  test('any other body is signed by its digest in the URL', async () => {
    const body = '{"a": 1}';
    const path = `/x?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
    const signature = sign(`https://bots.example.com${path}`);
    const json = 'application/json';
    assert.equal(await judge(twilio, received(sending(path, signature, body, json))), true);
    assert.equal(await judge(twilio, received(sending(path, signature, '{"a": 2}', json))), false);
    const bare = sign('https://bots.example.com/x');
    assert.equal(await judge(twilio, received(sending('/x', bare, body, json))), false, 'without a digest');
    const twice = `${path}&bodySHA256=00`;
    const signedTwice = sending(twice, sign(`https://bots.example.com${twice}`), body, json);
    assert.equal(await judge(twilio, received(signedTwice)), false);
  });
});

describe('gitea', () => {
  const verifier = giteaVerifier(['webhook-secret']);

  test('each of the three signs in a header of its own', async () => {
    for (const header of ['X-Forgejo-Signature', 'X-Gitea-Signature', 'X-Gogs-Signature']) {
      assert.equal(await judge(verifier, received(giteaPush('webhook-secret', header))), true, header);
    }
    const other = giteaPush('webhook-secret', 'X-Hub-Signature-256');
    assert.equal(await judge(verifier, received(other)), false);
  });

  test('a form is verified by the payload in it, and no other form is', async () => {
    const good = giteaForm('webhook-secret');
    for (const body of [
      '',
      'a=b',
      good.body.replace('payload', 'payloaD'),
      `${good.body}&payload=x`,
      `${good.body}%`,
    ]) {
      assert.equal(await judge(verifier, received({ ...good, body })), false, body);
    }
  });

  test('without a secret at the sender the header is empty, and the request refused', async () => {
    const empty = { ...giteaPush('x', 'X-Gitea-Signature'), headers: { 'X-Gitea-Signature': '' } };
    assert.equal(await judge(verifier, received(empty)), false);
  });
});
