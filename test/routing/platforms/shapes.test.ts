import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { form, isRecognised, json, type Sent } from './platform-calls.ts';

const GUID = 'aaaaaaaa-0000-0000-0000-000000000001';
const MATTERMOST = {
  token: 'inventedtoken0000000000001',
  team_id: 'inventedteam00000000000001',
  channel_id: 'inventedchannel00000000001',
  user_id: 'inventeduser00000000000001',
};
const VERIFICATION = { type: 'url_verification', token: 'invented', challenge: 'invented' };

/** Requests without a mark in the head, and everyone who takes them for theirs: the first decides. */
const samples: readonly (readonly [string, Sent, readonly string[]])[] = [
  [
    'an activity',
    json({ type: 'message', channelId: 'msteams', recipient: { id: `28:${GUID}` }, conversation: {} }),
    ['bot-framework'],
  ],
  ["Meta's entries", json({ object: 'page', entry: [{ id: '100000000000001' }] }), ['messenger']],
  ["Graph's batch", json({ value: [{ subscriptionId: GUID, clientState: 'invented' }] }), ['graph']],
  [
    "Lark's event",
    json({ schema: '2.0', header: { app_id: 'cli_1', event_type: 'im.message.receive_v1' }, event: {} }),
    ['lark'],
  ],
  [
    "Lark's event of the old form",
    json({
      type: 'event_callback',
      uuid: '1',
      token: 'invented',
      event: { app_id: 'cli_1', type: 'message' },
    }),
    ['lark'],
  ],
  ['an encrypted event', json({ encrypt: 'aW52ZW50ZWQ=' }), ['lark']],
  ['a url_verification that nobody signed', json(VERIFICATION), ['lark', 'slack']],
  [
    "Slack's event",
    json({
      type: 'event_callback',
      api_app_id: 'A0AAAAAAA1',
      team_id: 'T0AAAAAAA1',
      event_id: 'Ev1',
      event: { type: 'message', app_id: 'A0AAAAAAA1' },
    }),
    ['slack'],
  ],
  [
    "Slack's command",
    form({ command: '/hello', team_id: 'T0AAAAAAA1', channel_id: 'C0AAAAAAA1', user_id: 'U0AAAAAAA1' }),
    ['slack'],
  ],
  [
    "Slack's button",
    form({ payload: JSON.stringify({ type: 'block_actions', user: { id: 'U0AAAAAAA1' } }) }),
    ['slack'],
  ],
  ["Mattermost's command", form({ ...MATTERMOST, command: '/hello' }), ['mattermost', 'slack']],
  ["Mattermost's outgoing webhook", json({ ...MATTERMOST, text: 'hello' }), ['mattermost']],
  [
    "Mattermost's dialog",
    json({ ...MATTERMOST, token: '', type: 'dialog_submission', submission: {} }),
    ['mattermost'],
  ],
  [
    "DingTalk's message",
    json({ msgtype: 'text', conversationId: 'cid1', robotCode: 'ding1', conversationType: '1', text: {} }),
    ['dingtalk'],
  ],
  ["Zoom's event", json({ event: 'meeting.started', payload: { account_id: 'invented' } }), ['zoom']],
  ["Zoom's validation", json({ event: 'endpoint.url_validation', payload: { plainToken: 'x' } }), ['zoom']],
  [
    "Webex's webhook",
    json({
      id: 'x',
      name: 'x',
      resource: 'messages',
      event: 'created',
      orgId: 'x',
      appId: 'x',
      data: { id: 'y' },
    }),
    ['webex'],
  ],
  [
    "Telegram's update",
    json({ update_id: 1, message: { message_id: 1, chat: { id: 1, type: 'private' } } }),
    [],
  ],
  ["Discord's interaction", json({ application_id: '1', id: '1', type: 1, token: 'x', version: 1 }), []],
  ["LINE's events", json({ destination: 'U1', events: [{ type: 'message' }] }), []],
  ["Google Chat's event", json({ type: 'MESSAGE', space: { name: 'spaces/X' }, message: {}, user: {} }), []],
  ["Twilio's message", form({ To: '+15550100001', From: '+15550100002', AccountSid: 'AC1', Body: 'x' }), []],
  [
    "Viber's message",
    json({ event: 'message', timestamp: 1, message_token: 1, sender: {}, message: {} }),
    [],
  ],
  [
    "GitHub's event",
    json({ action: 'opened', repository: { full_name: 'a/b' }, installation: { id: 1 } }),
    [],
  ],
  ["GitHub's event in a form", form({ payload: JSON.stringify({ action: 'opened', repository: {} }) }), []],
  [
    'an XML body',
    { headers: { 'content-type': 'text/xml' }, body: '<xml><ToUserName>ww1</ToUserName></xml>' },
    [],
  ],
  ["anybody's JSON", json({ hello: 'world' }), []],
  ["anybody's form", form({ hello: 'world' }), []],
  ["anybody's GET", { method: 'GET', query: 'hello=world' }, []],
];

describe('a body alone is taken for its own by', () => {
  for (const [name, sent, expected] of samples) {
    it(`${expected.join(', before ') || 'nobody'}: ${name}`, () => {
      const takers = platforms
        .filter((platform) => isRecognised(platform, sent))
        .map((platform) => platform.name);
      assert.deepEqual(takers, expected);
    });
  }
});
