import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { factsOf } from '../../../src/routing/facts.ts';
import type { DeliveryFacts, Platform } from '../../../src/routing/platform.ts';
import { github } from '../../../src/routing/platforms/github.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { lark } from '../../../src/routing/platforms/lark.ts';
import { line } from '../../../src/routing/platforms/line.ts';
import { instagram } from '../../../src/routing/platforms/meta/instagram.ts';
import { messenger } from '../../../src/routing/platforms/meta/messenger.ts';
import { whatsapp } from '../../../src/routing/platforms/meta/whatsapp.ts';
import { botFramework } from '../../../src/routing/platforms/microsoft/bot-framework.ts';
import { graph } from '../../../src/routing/platforms/microsoft/graph.ts';
import { slack } from '../../../src/routing/platforms/slack/slack.ts';
import { webex } from '../../../src/routing/platforms/webex.ts';
import { zoom } from '../../../src/routing/platforms/zoom.ts';
import { form, json } from '../support.ts';
import { bodyOf, headOf, type Sent } from './platform-calls.ts';

function facts(platform: Platform, sent: Sent): DeliveryFacts {
  return factsOf(platform, headOf(sent), bodyOf(platform, sent));
}

const activity = {
  type: 'message',
  id: '1700000000001',
  channelId: 'msteams',
  conversation: { id: 'a:1AAAAAAAA' },
  recipient: { id: '28:aaaaaaaa-0000-0000-0000-000000000001' },
};
const event = {
  type: 'event_callback',
  team_id: 'T0AAAAAAA1',
  event_id: 'Ev0AAAAAAA1',
  event: { type: 'message', channel: 'C0AAAAAAA1' },
};
const push = { repository: { full_name: 'Example-Org/Example' } };
const GITHUB = { 'x-github-event': 'push', 'x-github-delivery': '00000000-0000-0000-0000-000000000001' };
const message = (id: string, source: object) => ({ type: 'message', webhookEventId: id, source });

describe('a request that may be acknowledged before its gateway has it', () => {
  const cases: readonly (readonly [string, Platform, Sent, number | 'waits'])[] = [
    ['an activity', botFramework, json(activity), 202],
    ['an activity of a normal mode', botFramework, json({ ...activity, deliveryMode: 'normal' }), 202],
    ['a notification', botFramework, json({ ...activity, deliveryMode: 'notification' }), 202],
    ['a mode of null', botFramework, json({ ...activity, deliveryMode: null }), 202],
    ['an activity in a mode unheard of', botFramework, json({ ...activity, deliveryMode: 'x' }), 'waits'],
    ['a mode that is no string', botFramework, json({ ...activity, deliveryMode: 1 }), 'waits'],
    ['one that expects replies', botFramework, json({ ...activity, deliveryMode: 'expectReplies' }), 'waits'],
    ['an invoke', botFramework, json({ ...activity, type: 'invoke' }), 'waits'],
    ['an activity that was not read', botFramework, {}, 'waits'],
    ["GitHub's event", github, json(push, GITHUB), 202],
    ["GitHub's event, told by its head", github, { headers: GITHUB }, 202],
    ["a look at GitHub's hook", github, { method: 'GET', headers: GITHUB }, 'waits'],
    ["Slack's event", slack, json(event), 200],
    ["Slack's limit", slack, json({ type: 'app_rate_limited', team_id: 'T0AAAAAAA1' }), 'waits'],
    ["Slack's command", slack, form({ command: '/x', team_id: 'T0AAAAAAA1' }), 'waits'],
    ["Slack's button", slack, form({ payload: '{"type":"block_actions","team":{"id":"T1"}}' }), 'waits'],
    ["LINE's events", line, json({ destination: 'U1', events: [message('01A', { userId: 'U2' })] }), 200],
    ["LINE's trial of the URL", line, json({ destination: 'U1', events: [] }), 'waits'],
  ];
  for (const [name, platform, sent, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      const { spoolable, acknowledgement } = facts(platform, sent);
      assert.equal(spoolable ? acknowledgement.status : 'waits', expected);
      assert.equal(acknowledgement.body, '');
    });
  }

  it('is never one of a sender that repeats for hours, or wants an answer', () => {
    const patient = platforms.filter((platform) => platform.spoolable === undefined).map(({ name }) => name);
    assert.deepEqual(
      platforms.map(({ name }) => name).filter((name) => !patient.includes(name)),
      ['line', 'gitea', 'github', 'bot-framework', 'slack'],
    );
  });
});

describe('what tells a repeat', () => {
  const inEntry = (...entry: readonly object[]) => json({ object: 'page', entry });
  const mid = (id?: string) => ({ message: { mid: id } });
  const changes = (...values: readonly object[]) => ({
    id: '1',
    changes: values.map((value) => ({ value })),
  });
  const cases: readonly (readonly [string, Platform, Sent, readonly string[] | undefined])[] = [
    ["an activity's conversation and id", botFramework, json(activity), ['a:1AAAAAAAA', '1700000000001']],
    ['no id, no repeat', botFramework, json({ ...activity, id: undefined }), undefined],
    ['nor with an empty one', botFramework, json({ ...activity, id: '' }), undefined],
    ['nor without a conversation', botFramework, json({ ...activity, conversation: {} }), undefined],
    ['nor where the answer matters', botFramework, json({ ...activity, type: 'invoke' }), undefined],
    ["Slack's event id", slack, json(event), ['Ev0AAAAAAA1']],
    ['not the id of what is no event', slack, json({ ...event, type: 'app_rate_limited' }), undefined],
    ['nothing of GitHub, where one may send it again by hand', github, json(push, GITHUB), undefined],
    [
      "the ids of LINE's events",
      line,
      json({ destination: 'U1', events: [message('01A', {}), message('01B', {})] }),
      ['01A', '01B'],
    ],
    [
      'an event of several without an id',
      line,
      json({ destination: 'U1', events: [message('01A', {}), {}] }),
      undefined,
    ],
    ["Graph's notifications", graph, json({ value: [{ id: 'a' }, { id: 'b' }] }), ['a', 'b']],
    ['which may have none', graph, json({ value: [{ subscriptionId: 'x' }] }), undefined],
    ["a page's messages", messenger, inEntry({ messaging: [mid('m1'), mid('m2')] }), ['m1', 'm2']],
    [
      'of all its entries',
      instagram,
      inEntry({ messaging: [mid('m1')] }, { messaging: [mid('m2')] }),
      ['m1', 'm2'],
    ],
    ['one of them without', messenger, inEntry({ messaging: [mid('m1'), mid()] }), undefined],
    ['an entry without any', messenger, inEntry({ messaging: [mid('m1')] }, { id: '2' }), undefined],
    [
      "a number's messages and statuses",
      whatsapp,
      inEntry(changes({ messages: [{ id: 'w1' }] }, { statuses: [{ id: 'w2' }] })),
      ['w1', 'w2'],
    ],
    ['an update about an account', whatsapp, inEntry(changes({ event: 'x' })), undefined],
    [
      "Lark's event",
      lark,
      json({ schema: '2.0', header: { event_id: 'e1', event_type: 'im.message.receive_v1' } }),
      ['e1'],
    ],
    ["Lark's old event", lark, json({ uuid: 'u1', type: 'event_callback', event: {} }), ['u1']],
    [
      'what Webex says is new',
      webex,
      json({ id: 'hook', resource: 'messages', event: 'created', data: { id: 'd1' } }),
      ['hook', 'd1'],
    ],
    [
      'not what it says has changed',
      webex,
      json({ id: 'hook', event: 'updated', data: { id: 'd1' } }),
      undefined,
    ],
    [
      "Zoom's event and its time",
      zoom,
      json({ event: 'x.y', event_ts: 1700000000001 }),
      ['x.y', '1700000000001'],
    ],
  ];
  for (const [name, platform, sent, expected] of cases) {
    it(`${platform.name}: ${name}`, () => assert.deepEqual(facts(platform, sent).dedupKey, expected));
  }
});

describe('what stays in order', () => {
  const slackEvent = (more: object) => json({ ...event, event: more });
  const cases: readonly (readonly [string, Platform, Sent, string | undefined])[] = [
    ['a conversation', botFramework, json(activity), 'a:1AAAAAAAA'],
    ['no conversation', botFramework, json({ ...activity, conversation: {} }), undefined],
    ["an event's channel", slack, json(event), 'C0AAAAAAA1'],
    ['a channel that is an object', slack, slackEvent({ channel: { id: 'C2' } }), 'C2'],
    ['the channel of what was reacted to', slack, slackEvent({ item: { channel: 'C3' } }), 'C3'],
    ['an event in no channel', slack, slackEvent({ type: 'team_join' }), undefined],
    ['a repository', github, json(push, GITHUB), 'example-org/example'],
    [
      'a repository within a form',
      github,
      form({ payload: JSON.stringify(push) }, GITHUB),
      'example-org/example',
    ],
    ['a hook of no repository', github, json({}, GITHUB), undefined],
    [
      'a user',
      line,
      json({ events: [message('1', { userId: 'U1' }), message('2', { userId: 'U1' })] }),
      'U1',
    ],
    [
      'a group before its user',
      line,
      json({ events: [message('1', { groupId: 'G1', userId: 'U1' })] }),
      'G1',
    ],
    [
      'several chats',
      line,
      json({ events: [message('1', { userId: 'U1' }), message('2', { roomId: 'R1' })] }),
      undefined,
    ],
    ['events of nobody', line, json({ events: [message('1', {})] }), undefined],
  ];
  for (const [name, platform, sent, expected] of cases) {
    it(`${platform.name}: ${name}`, () => assert.equal(facts(platform, sent).orderKey, expected));
  }
});
