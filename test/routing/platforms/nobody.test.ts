import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Route } from '../../../src/routing/route.ts';
import { fate, form, json, keyRoute, pathRoute, type Request, tableOf } from '../support.ts';

const SIGNED_BY_WECOM = 'msg_signature=00&timestamp=1700000000&nonce=1000000000';
const ECHO: Request = { method: 'GET', query: `${SIGNED_BY_WECOM}&echostr=aW52ZW50ZWQ%3D` };
const ENCRYPTED = json({ encrypt: 'aW52ZW50ZWQ=' });
const VALIDATION = json({ event: 'endpoint.url_validation', payload: { plainToken: 'invented' } });
const VERIFICATION = { type: 'url_verification', token: 'invented', challenge: 'invented' };
const VALIDATE_URL: Request = {
  query: 'validationToken=Validation%3a+Invented',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
};
const PING = json({ zen: 'Invented.', hook_id: 1 }, { 'x-github-event': 'ping', 'x-github-hook-id': '1' });

const wecom = keyRoute('keyed', 'wecom', { corp: 'ww0000000000000001' });
const zoom = keyRoute('keyed', 'zoom', { account: 'InventedAccount0000001' });
const lark = keyRoute('keyed', 'lark', { app: 'cli_aaaaaaaaaaaaaaa1' });
const slack = keyRoute('other', 'slack', { team: 'T0AAAAAAA1' });
const graph = keyRoute('keyed', 'graph', { client_state: 'invented-state' });
const github = keyRoute('keyed', 'github', { repository: 'example/example' });
const hook = keyRoute('hooked', 'github', { hook: '1' });
const mattermost = keyRoute('keyed', 'mattermost', { team: 'inventedteam00000000000001' });

const plain = pathRoute('plain');
const fallback = pathRoute('fallback', '', { fallback: true });

describe('a request that names no bot', () => {
  const cases: readonly (readonly [string, readonly Route[], Request, string])[] = [
    ["WeCom's trial of a URL is nobody's", [wecom, plain], ECHO, 'unmatched 404'],
    ["WeCom's trial of a URL, with a fallback", [wecom, fallback], ECHO, 'fallback'],
    [
      "an AI bot's message, with a fallback",
      [wecom, fallback],
      { ...ENCRYPTED, query: SIGNED_BY_WECOM },
      'fallback',
    ],
    ["Zoom's validation is nobody's", [zoom, plain], VALIDATION, 'unmatched 404'],
    ["Zoom's validation, with a fallback", [zoom, fallback], VALIDATION, 'fallback'],
    ["an encrypted event is nobody's", [lark, plain], ENCRYPTED, 'unmatched 404'],
    ['an encrypted event, with a fallback', [lark, fallback], ENCRYPTED, 'fallback'],
    ["Lark's trial of a URL is answered", [lark, plain], json(VERIFICATION), 'handshake 200'],
    ["Graph's trial of a URL is answered", [graph, plain], VALIDATE_URL, 'handshake 200'],
    [
      "Graph's trial with a batch in its body is answered",
      [graph],
      { ...VALIDATE_URL, ...json({ value: [] }) },
      'handshake 200',
    ],
    [
      "Graph's trial with two tokens is refused",
      [graph],
      { ...VALIDATE_URL, query: 'validationToken=a&validationToken=b' },
      'GWPROXY_AMBIGUOUS_KEY',
    ],
    ["a repository's ping is nobody's", [github, plain], PING, 'unmatched 404'],
    ['a ping by its hook', [github, hook], PING, 'hooked'],
    [
      "Viber's message goes by its path",
      [plain],
      json({ event: 'message' }, { 'x-viber-content-signature': '00' }),
      'plain',
    ],
  ];
  for (const [name, routes, sent, expected] of cases) {
    it(name, () => assert.equal(fate(tableOf(...routes), sent), expected));
  }
});

describe('a request that two senders might make', () => {
  it("tries a URL as Slack's where Slack signed it, else as Lark's", () => {
    const table = tableOf(slack, lark);
    const signed = json(VERIFICATION, { 'x-slack-signature': 'v0=00' });
    assert.equal(fate(table, signed), 'handshake 200');
    assert.equal(fate(table, json(VERIFICATION)), 'handshake 200');
    assert.equal(fate(tableOf(lark, plain), signed), 'plain');
  });

  it("is Mattermost's command where its ids are, else Slack's", () => {
    const command = {
      command: '/hello',
      team_id: 'inventedteam00000000000001',
      channel_id: 'inventedchannel00000000001',
      user_id: 'inventeduser00000000000001',
    };
    const table = tableOf(slack, mattermost);
    assert.equal(fate(table, form(command)), 'keyed');
    assert.equal(fate(table, form({ ...command, channel_id: 'C0AAAAAAA1', team_id: 'T0AAAAAAA1' })), 'other');
  });
});
