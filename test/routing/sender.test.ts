import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { senderDeadline } from '../../src/routing/sender.ts';
import { head, json, type Request } from './support.ts';

describe('how long the sender of a path-routed request waits', () => {
  const cases: readonly (readonly [string, Request, number | null])[] = [
    ['is known of Viber', json({}, { 'x-viber-content-signature': '00' }), 5000],
    ['is known of Telegram', json({}, { 'x-telegram-bot-api-secret-token': 'x' }), 60_000],
    ['is known of Slack', json({}, { 'x-slack-signature': 'v0=00' }), 3000],
    ['is known of LINE', json({}, { 'x-line-signature': 'AA==' }), 2000],
    ['is not known where only the body would say', json({ type: 'event_callback' }), null],
    ['is not known of anybody', { method: 'GET' }, null],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.equal(senderDeadline(head(request)), expected));
  }
});
