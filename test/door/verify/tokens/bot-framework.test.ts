import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TokenRules } from '../../../../src/config/types.ts';
import { botFrameworkVerifier } from '../../../../src/door/verify/tokens/bot-framework.ts';
import type { FetchText } from '../../../../src/door/verify/tokens/fetch-text.ts';
import { KeyStore } from '../../../../src/door/verify/tokens/key-store.ts';
import type { Verdict } from '../../../../src/door/verify/verdict.ts';
import { readJwks } from '../../../../src/jwks.ts';
import { activity } from '../../../support/senders.ts';
import {
  APP,
  BOT_FRAMEWORK,
  base64url,
  ENTRA,
  jwks,
  received,
  type SigningKey,
  signingKey,
  TENANT,
  token,
  tokenRules,
  withHeader,
} from '../support.ts';

const KEY = signingKey('key-1');
const STRANGER = signingKey('key-1');
const OTHER_TENANT = '00000000-0000-0000-0000-0000000000bb';
const MESSAGING = '5a807f24-c9de-44ee-a3a7-329e88a00ffc';
/** Of every activity here. */
const SERVICE = 'https://smba.trafficmanager.net/emea/';

function fileKeys(...keys: readonly SigningKey[]): TokenRules['keys'] {
  const read = readJwks(jwks(...keys));
  if (!read.ok) throw new Error(read.reason);
  return { kind: 'file', keys: read.keys };
}

const FILE = fileKeys(KEY, signingKey('key-2'));

const nothing: FetchText = async (url) => {
  throw new Error(`${url} was asked for`);
};

const SENDING = activity({ app: APP, text: 'hello' });

async function judge(
  authorization: string | null,
  rules: Partial<TokenRules> = {},
  { body = SENDING.body, fetch = nothing, now = Date.now() } = {},
): Promise<Verdict> {
  const verifier = botFrameworkVerifier(tokenRules({ keys: FILE, ...rules }), new KeyStore(() => now, fetch));
  return verifier.verify(received(withHeader({ ...SENDING, body }, 'Authorization', authorization), { now }));
}

async function ok(claims: object, rules: Partial<TokenRules> = {}): Promise<Verdict['ok']> {
  return (await judge(`Bearer ${token(KEY, { ...claims })}`, rules)).ok;
}

test('a token of Bot Framework’s for the app passes, until it expires', async () => {
  const exp = Math.floor(Date.now() / 1000) + 1000;
  assert.deepEqual(await judge(`Bearer ${token(KEY, { exp })}`), { ok: true, expiresAt: exp * 1000 });
  assert.equal((await judge(`bearer  ${token(KEY, { exp })}`)).ok, true, 'the scheme has no case');
  assert.equal(await ok({ aud: APP.toUpperCase() }), true);
});

test('anything but a bearer token with one audience is refused', async () => {
  const good = token(KEY);
  const [head = '', claims = '', signature = ''] = good.split('.');
  for (const authorization of [
    null,
    '',
    'Bearer',
    `Basic ${good}`,
    good,
    `Bearer ${head}.${claims}`,
    `Bearer ${head}.${claims}.${signature}.x`,
    `Bearer ${head}..${signature}`,
    `Bearer ${good} x`,
    `Bearer ${token(KEY, { aud: [APP] })}`,
    `Bearer ${token(KEY, { aud: undefined })}`,
    `Bearer ${token(KEY, { iss: undefined })}`,
    `Bearer !${good}`,
  ]) {
    assert.equal((await judge(authorization)).ok, false, `${authorization}`);
  }
});

test('only RS256 by a key of the issuer’s counts: no other algorithm, no key of the token’s own', async () => {
  const said = base64url({ iss: BOT_FRAMEWORK, aud: APP, exp: Math.floor(Date.now() / 1000) + 3600 });
  const none = `${base64url({ alg: 'none', kid: 'key-1' })}.${said}.`;
  const hs256 = `${base64url({ alg: 'HS256', kid: 'key-1' })}.${said}`;
  const modulus = createHmac('sha256', String(KEY.jwk['n'])).update(hs256).digest('base64url');
  const bad: readonly string[] = [
    none,
    `${none}AAAA`,
    `${hs256}.${modulus}`,
    token(STRANGER),
    token(STRANGER, {}, { jwk: STRANGER.jwk }),
    token(KEY, {}, { alg: 'RS512' }),
    token(KEY, {}, { alg: 'PS256' }),
    token(KEY, {}, { kid: 'key-2' }),
    token(KEY, {}, { kid: 'key-9' }),
    token(KEY, {}, { kid: undefined }),
    token(KEY, {}, { kid: 7 }),
    token(KEY, {}, { crit: ['b64'], b64: false }),
  ];
  for (const one of bad) assert.equal((await judge(`Bearer ${one}`)).ok, false, one);
});

test('a key set of one key needs no key id', async () => {
  const keys = fileKeys(KEY);
  assert.equal((await judge(`Bearer ${token(KEY, {}, { kid: undefined })}`, { keys })).ok, true);
  assert.equal((await judge(`Bearer ${token(KEY, {}, { kid: 'other' })}`, { keys })).ok, false);
});

test('any changed character of the token is refused', async () => {
  const good = token(KEY);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom('A', 'z', '0', '-', '.'), async (at, by) => {
      const edited = good.slice(0, at) + by + good.slice(at + 1);
      // The last character of a signature of 256 bytes holds four bits that say nothing.
      if (edited === good || at === good.length - 1) return;
      assert.equal((await judge(`Bearer ${edited}`)).ok, false, edited);
    }),
  );
});

test('a token is good from nbf to exp, five minutes for the clocks, and has an end', async () => {
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await ok({ exp: now - 280 }), true);
  assert.equal(await ok({ exp: now - 320 }), false);
  assert.equal(await ok({ nbf: now + 280 }), true);
  assert.equal(await ok({ nbf: now + 320 }), false);
  assert.equal(await ok({ exp: undefined }), false);
  assert.equal(await ok({ exp: '9999999999' }), false);
});

test('the audience is one of the apps', async () => {
  assert.equal(await ok({ aud: OTHER_TENANT }), false);
  assert.equal(await ok({ aud: OTHER_TENANT }, { apps: [APP, OTHER_TENANT] }), true);
});

test('the audience names an app in each spelling of the Teams SDKs, and in no other', async () => {
  for (const aud of [`api://${APP}`, `api://botid-${APP}`, `api://botid-${APP.toUpperCase()}`]) {
    assert.equal(await ok({ aud }), true, aud);
    assert.equal(await ok({ aud, iss: ENTRA, azp: APP }), true, `${aud}, asked for by the bot itself`);
    assert.equal(await ok({ aud, iss: ENTRA, azp: OTHER_TENANT }), false, `${aud}, asked for by another app`);
  }
  for (const aud of [
    `api://${OTHER_TENANT}`,
    `api://bots.example.com/${APP}`,
    `api://x-${APP}`,
    `28:${APP}`,
  ]) {
    assert.equal(await ok({ aud }), false, aud);
  }
});

const CALL = JSON.stringify({ value: [{ resourceUrl: '/communications/calls/invented' }] });

test('a notification to a calling bot is signed by the keys of calls, an activity is not', async () => {
  const calls = signingKey('calls-1');
  const fetch: FetchText = async (url) => {
    if (url.toLowerCase().endsWith('configuration'))
      return JSON.stringify({ jwks_uri: `${new URL(url).origin}/keys` });
    return jwks(url.startsWith('https://api.aps.skype.com/') ? calls : KEY);
  };
  const rules = { keys: { kind: 'metadata' } } as const;
  const passes = async (key: SigningKey, claims: object, body: string | undefined, more = {}) =>
    (await judge(`Bearer ${token(key, { ...claims })}`, { ...rules, ...more }, { body, fetch })).ok;
  for (const iss of [BOT_FRAMEWORK, 'https://graph.microsoft.com']) {
    assert.equal(await passes(calls, { iss }, CALL), true, iss);
    assert.equal(await passes(KEY, { iss }, CALL), false, `${iss}, by the keys of activities`);
    assert.equal(await passes(calls, { iss }, undefined), false, `${iss}, an activity`);
    assert.equal(await passes(calls, { iss, aud: OTHER_TENANT }, CALL), false, `${iss}, for another app`);
    assert.equal(
      await passes(calls, { iss }, CALL, { issuers: [ENTRA] }),
      false,
      `${iss} is not among issuers`,
    );
    assert.equal(
      await passes(calls, { iss }, CALL, { serviceUrls: [SERVICE] }),
      true,
      'a call has no service URL',
    );
  }
  assert.equal(await passes(KEY, { iss: ENTRA, azp: APP }, CALL, { serviceUrls: [SERVICE] }), false);
});

test('the issuer is Bot Framework or a tenant of Entra’s, unless issuers says which', async () => {
  const all = { azp: MESSAGING };
  const sts = `https://sts.windows.net/${TENANT}/`;
  for (const iss of [BOT_FRAMEWORK, ENTRA, sts]) assert.equal(await ok({ ...all, iss }), true, iss);
  for (const iss of [
    `${BOT_FRAMEWORK}/`,
    'https://api.botframework.com.evil.example',
    'https://login.microsoftonline.com/common/v2.0',
    `https://login.microsoftonline.com.evil.example/${TENANT}/v2.0`,
    `https://evil.example/https://login.microsoftonline.com/${TENANT}/v2.0`,
    `https://sts.windows.net/${TENANT}`,
    `http://sts.windows.net/${TENANT}/`,
    'https://api.botframework.us',
  ]) {
    assert.equal(await ok({ ...all, iss }), false, iss);
    assert.equal(await ok({ ...all, iss }, { issuers: [iss] }), true, `${iss} is asked for`);
  }
  assert.equal(await ok({}, { issuers: [ENTRA] }), false, 'in place of the others');
  assert.equal(await ok({ iss: ENTRA }, { issuers: [ENTRA] }), true, 'whoever asked for it');
});

test('without tenants, only Microsoft’s messaging service and the bot itself may have asked Entra', async () => {
  const stranger = '00000000-0000-0000-0000-0000000000cc';
  for (const claim of ['azp', 'appid']) {
    assert.equal(await ok({ iss: ENTRA, [claim]: MESSAGING.toUpperCase() }), true);
    assert.equal(await ok({ iss: ENTRA, [claim]: APP }), true);
    assert.equal(await ok({ iss: ENTRA, [claim]: stranger }), false);
    assert.equal(await ok({ iss: ENTRA, [claim]: stranger }, { tenants: [TENANT] }), true);
  }
  assert.equal(await ok({ iss: ENTRA }), false);
  assert.equal(await ok({ iss: ENTRA, azp: [MESSAGING] }), false);
  const verdict = await judge(`Bearer ${token(KEY, { iss: ENTRA, azp: stranger })}`);
  assert.match(verdict.ok === false ? verdict.reason : '', /add the tenant to tenants/);
});

test('with tenants, a token is from one of them, and says so', async () => {
  const tenants = [TENANT];
  const other = ENTRA.replace(TENANT, OTHER_TENANT);
  assert.equal(await ok({ iss: ENTRA, azp: MESSAGING, tid: TENANT.toUpperCase() }, { tenants }), true);
  assert.equal(await ok({ iss: other, azp: MESSAGING }, { tenants }), false);
  assert.equal(await ok({ iss: ENTRA, azp: MESSAGING, tid: OTHER_TENANT }, { tenants }), false);
  assert.equal(await ok({ iss: other, azp: MESSAGING }, { tenants, issuers: [other] }), false);
  assert.equal(await ok({ iss: BOT_FRAMEWORK }, { tenants }), true, 'Bot Framework has no tenant');
});

test('a service URL that the token names is the activity’s; one that it does not name may be any', async () => {
  for (const claim of ['serviceurl', 'serviceUrl']) {
    for (const same of [SERVICE, SERVICE.slice(0, -1), SERVICE.toUpperCase()]) {
      assert.equal(await ok({ [claim]: same }), true, same);
    }
    for (const other of [
      'https://smba.trafficmanager.net/amer/',
      'https://evil.example/',
      '',
      7,
      null,
      [SERVICE],
    ]) {
      assert.equal(await ok({ [claim]: other }), false, `${other}`);
    }
  }
  const bearer = `Bearer ${token(KEY, { serviceurl: SERVICE })}`;
  const { serviceUrl: _, ...without } = JSON.parse(SENDING.body);
  for (const body of [
    JSON.stringify(without),
    '',
    'no JSON',
    `{"serviceUrl": "${SERVICE}", "serviceUrl": "x"}`,
  ]) {
    assert.equal((await judge(bearer, {}, { body })).ok, false, body);
  }
});

test('service_urls allows whole segments below a prefix, and no host that begins like it', async () => {
  const allowed = async (serviceUrls: readonly string[], serviceUrl: string | undefined = SERVICE) => {
    const body = JSON.stringify({ ...JSON.parse(SENDING.body), serviceUrl });
    return (await judge(`Bearer ${token(KEY)}`, { serviceUrls }, { body })).ok;
  };
  for (const prefix of ['https://smba.trafficmanager.net', 'https://SMBA.trafficmanager.net/', SERVICE]) {
    assert.equal(await allowed(['https://other.example/', prefix]), true, prefix);
    for (const other of [
      'https://smba.trafficmanager.net.evil.example/emea/',
      'https://smba.trafficmanager.net@evil.example/emea/',
      'https://smba.trafficmanager.network/',
      'http://smba.trafficmanager.net/emea/',
      undefined,
    ]) {
      const body = JSON.stringify({ ...JSON.parse(SENDING.body), serviceUrl: other });
      assert.equal(
        (await judge(`Bearer ${token(KEY)}`, { serviceUrls: [prefix] }, { body })).ok,
        false,
        other,
      );
    }
  }
  assert.equal(await allowed([`${SERVICE}teams`]), false);
  assert.equal(await allowed([SERVICE], 'https://smba.trafficmanager.net/emea2/'), false);
});

test('strangers’ tokens cost no fetch: issuer and audience are looked at first', async () => {
  const rules = { keys: { kind: 'metadata' } } as const;
  for (const claims of [{ iss: 'https://evil.example' }, { aud: OTHER_TENANT }]) {
    assert.equal((await judge(`Bearer ${token(KEY, claims)}`, rules)).ok, false);
  }
});

test('each issuer’s keys come from its own metadata, one set for all tenants', async () => {
  const asked: string[] = [];
  const v2 = { ...KEY, jwk: { ...KEY.jwk, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' } };
  const fetch: FetchText = async (url) => {
    asked.push(url);
    if (url.endsWith('configuration')) return JSON.stringify({ jwks_uri: `${new URL(url).origin}/keys` });
    return jwks(url.startsWith('https://login.microsoftonline.com') ? v2 : KEY);
  };
  const store = new KeyStore(Date.now, fetch);
  const verifier = botFrameworkVerifier(tokenRules(), store);
  const sts = `https://sts.windows.net/${OTHER_TENANT}/`;
  for (const iss of [BOT_FRAMEWORK, ENTRA, ENTRA.replace(TENANT, OTHER_TENANT), sts]) {
    const authorization = `Bearer ${token(KEY, { iss, azp: APP })}`;
    const verdict = await verifier.verify(received(withHeader(SENDING, 'Authorization', authorization)));
    assert.equal(verdict.ok, true, iss);
  }
  assert.deepEqual(asked, [
    'https://login.botframework.com/v1/.well-known/openidconfiguration',
    'https://login.botframework.com/keys',
    'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
    'https://login.microsoftonline.com/keys',
  ]);
});

test('a key of a shared set that is for one tenant signs for no other', async () => {
  const bound = { ...KEY, jwk: { ...KEY.jwk, issuer: ENTRA } };
  const keys = fileKeys(bound, signingKey('key-2'));
  const claims = { azp: MESSAGING };
  const of = async (iss: string) => (await judge(`Bearer ${token(KEY, { ...claims, iss })}`, { keys })).ok;
  assert.equal(await of(ENTRA), true);
  assert.equal(await of(`https://sts.windows.net/${TENANT}/`), true, 'the older version of the same');
  assert.equal(await of(ENTRA.replace(TENANT, OTHER_TENANT)), false);
  assert.equal(await of(BOT_FRAMEWORK), false);
});

test('if keys cannot be fetched, the verdict is unknown', async () => {
  const fetch: FetchText = async () => {
    throw new Error('connect ECONNREFUSED');
  };
  const verdict = await judge(`Bearer ${token(KEY)}`, { keys: { kind: 'metadata' } }, { fetch });
  assert.ok(verdict.ok === 'unknown');
  assert.match(verdict.reason, /login\.botframework\.com.*ECONNREFUSED/);
  assert.equal(verdict.retryAfter, 5);
});

test('what an unsigned token says is shown only where it cannot mislead', async () => {
  for (const iss of ['evil\u001b[2J', `https://${'x'.repeat(300)}`, 'two words']) {
    const verdict = await judge(`Bearer ${token(KEY, { iss })}`);
    assert.match(verdict.ok === false ? verdict.reason : '', /\(not shown\)/);
  }
});
