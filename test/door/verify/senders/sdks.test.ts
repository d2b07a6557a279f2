import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { validateSignature } from '@line/bot-sdk';
import { Webhooks } from '@octokit/webhooks';
import { isValidSlackRequest } from '@slack/bolt';
import { verifyKey } from 'discord-interactions';
import fc from 'fast-check';
import twilio from 'twilio';
import { discordVerifier } from '../../../../src/door/verify/senders/discord.ts';
import { githubVerifier } from '../../../../src/door/verify/senders/github.ts';
import { lineVerifier } from '../../../../src/door/verify/senders/line.ts';
import { slackVerifier } from '../../../../src/door/verify/senders/slack.ts';
import { twilioVerifier } from '../../../../src/door/verify/senders/twilio.ts';
import type { Verifier } from '../../../../src/door/verify/verdict.ts';
import {
  discordInteraction,
  githubIssue,
  lineEvent,
  type Sending,
  slackEvent,
} from '../../../support/senders.ts';
import { authTokens, received } from '../support.ts';

// The door and the gateway's own SDK say the same of a request, good or edited.

const URL = 'https://bots.example.com/x?a=b%20c';

/** The body as it is, or with one of its characters replaced. */
const edits = fc.oneof(fc.constant(null), fc.record({ at: fc.nat(), by: fc.constantFrom('x', '0', ' ') }));

async function agrees(
  verifier: Verifier,
  good: Sending,
  sdk: (sending: Sending) => boolean | Promise<boolean>,
): Promise<void> {
  const seen = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(edits, async (edit) => {
      const at = edit === null ? 0 : edit.at % good.body.length;
      const body = edit === null ? good.body : good.body.slice(0, at) + edit.by + good.body.slice(at + 1);
      const expected = await sdk({ ...good, body });
      assert.equal((await verifier.verify(received({ ...good, body }))).ok, expected, body);
      seen.add(expected);
    }),
    { numRuns: 60 },
  );
  assert.deepEqual([...seen].sort(), [false, true], 'both were asked for');
}

test('Bolt', () =>
  agrees(
    slackVerifier(['s']),
    slackEvent({ secret: 's', team: 'T1', app: 'A1', text: 'hi' }),
    ({ headers, body }) =>
      isValidSlackRequest({
        signingSecret: 's',
        body,
        headers: {
          'x-slack-signature': headers['X-Slack-Signature'] ?? '',
          'x-slack-request-timestamp': Number(headers['X-Slack-Request-Timestamp']),
        },
      }),
  ));

test('LINE’s SDK', () =>
  agrees(
    lineVerifier(['s']),
    lineEvent({ secret: 's', destination: 'U1', text: 'hi' }),
    ({ headers, body }) => validateSignature(body, 's', headers['X-Line-Signature'] ?? ''),
  ));

test('Octokit', async () => {
  const webhooks = new Webhooks({ secret: 's' });
  const good = githubIssue({ secret: 's', repository: 'a/b', title: 'hi' });
  assert.equal(await webhooks.sign(good.body), good.headers['X-Hub-Signature-256']);
  await agrees(githubVerifier(['s']), good, ({ headers, body }) =>
    webhooks.verify(body, headers['X-Hub-Signature-256'] ?? ''),
  );
});

test('Discord’s SDK', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hex = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  return agrees(
    discordVerifier([hex]),
    discordInteraction({ key: privateKey, application: '1', command: 'hi' }),
    ({ headers, body }) =>
      verifyKey(body, headers['X-Signature-Ed25519'] ?? '', headers['X-Signature-Timestamp'] ?? '', hex),
  );
});

test('Twilio’s SDK, over any form', async () => {
  const verifier = twilioVerifier(authTokens(['s']));
  // A name once each, as a plain object holds them.
  const forms = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }));
  await fc.assert(
    fc.asyncProperty(forms, async (form) => {
      const signature = twilio.getExpectedTwilioSignature('s', URL, form);
      const body = new URLSearchParams(form).toString();
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': signature,
      };
      assert.equal(twilio.validateRequest('s', signature, URL, form), true);
      const verdict = await verifier.verify(received({ path: '/x?a=b%20c', headers, body }, { url: URL }));
      assert.equal(verdict.ok, true);
    }),
  );
});
