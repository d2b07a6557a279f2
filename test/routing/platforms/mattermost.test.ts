import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mattermost } from '../../../src/routing/platforms/mattermost.ts';
import {
  bodyOf,
  type Fields,
  form,
  headOf,
  isRecognised,
  json,
  recipients,
  type Sent,
} from './platform-calls.ts';

const TOKEN = 'inventedtoken0000000000001';
const OTHER = 'inventedtoken0000000000002';
const TEAM = 'inventedteam00000000000001';
const ids = { channel_id: 'inventedchannel00000000001', user_id: 'inventeduser00000000000001' };

const post = {
  ...ids,
  token: TOKEN,
  team_id: TEAM,
  team_domain: 'invented',
  channel_name: 'town-square',
  timestamp: 1700000000000,
  user_name: 'someone',
  post_id: 'inventedpost00000000000001',
  text: 'hello',
  trigger_word: 'hello',
};
const command = {
  ...ids,
  token: TOKEN,
  team_id: TEAM,
  command: '/hello',
  text: '',
  response_url: 'http://x.example',
};
const button = {
  ...ids,
  team_id: TEAM,
  post_id: 'inventedpost00000000000001',
  type: 'button',
  context: { a: 1 },
};
const dialog = { ...ids, team_id: TEAM, type: 'dialog_submission', callback_id: 'invented', submission: {} };
const asQuery: Sent = { method: 'GET', query: new URLSearchParams(command).toString() };
const both = { token: TOKEN, team: TEAM };

describe('the bot that a Mattermost request is for', () => {
  const cases: readonly (readonly [string, Sent, readonly Fields[]])[] = [
    ['an outgoing webhook', json(post), [both]],
    ['an outgoing webhook as a form', form({ ...post, timestamp: '1700000000000' }), [both]],
    ['a slash command', form(command, { authorization: `Token ${TOKEN}` }), [both]],
    ['a slash command by GET', { ...asQuery, headers: { authorization: `Token ${TOKEN}` } }, [both]],
    ['a command with a token of OAuth', form(command, { authorization: 'Bearer invented' }), [both]],
    ['a button carries no token', json(button), [{ team: TEAM }]],
    ['a dialog carries no token', json(dialog), [{ team: TEAM }]],
    ['a button in a direct message', json({ ...button, team_id: '' }), []],
    ['a token that is no string', json({ ...post, token: 1 }), [{ team: TEAM }]],
  ];
  for (const [name, sent, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(mattermost, sent), expected));
  }

  it('is ambiguous if there are two tokens', () => {
    const twice = [
      form(command, { authorization: `Token ${OTHER}` }),
      { ...asQuery, query: `${asQuery.query}&token=${OTHER}` },
      { ...asQuery, query: `${asQuery.query}&team_id=${TEAM}` },
    ];
    for (const sent of twice) assert.ok('ambiguous' in recipients(mattermost, sent));
  });

  it('is said by a secret where it is a token', () => {
    assert.deepEqual(mattermost.secretFields, ['token']);
  });
});

describe('a Mattermost request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['an outgoing webhook', json(post), true],
    ['a slash command', form(command), true],
    ['a slash command by GET', asQuery, true],
    ['a GET with a field repeated', { ...asQuery, query: `${asQuery.query}&token=${OTHER}` }, true],
    ['a button', json(button), true],
    ['a button in a direct message', json({ ...button, team_id: '' }), true],
    ['a dialog', json(dialog), true],
    [
      "Slack's command of the same fields",
      form({
        ...command,
        token: 'InventedSlackToken000000',
        channel_id: 'C0AAAAAAA1',
        user_id: 'U0AAAAAAA1',
      }),
      false,
    ],
    ['a channel alone', json({ channel_id: ids.channel_id }), false],
    ['a token alone', json({ token: TOKEN }), false],
    ['a GET of anything', { method: 'GET', query: 'a=1' }, false],
    ['a GET with ids of other kinds', { method: 'GET', query: 'token=1&channel_id=2&user_id=3' }, false],
    ['a PUT', { ...json(post), method: 'PUT' }, false],
    ['a text', { headers: { 'content-type': 'text/plain' }, body: 'x' }, false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(mattermost, sent), expected));
  }

  it('waits 30 seconds for an answer that is shown', () => {
    const body = bodyOf(mattermost, json(post));
    assert.equal(mattermost.deadline(headOf({}), body), 30_000);
    assert.equal(mattermost.synchronous(headOf({}), body), true);
    assert.equal(mattermost.handshake(headOf({}), body), undefined);
    assert.equal(mattermost.unmatched(headOf({}), body), undefined);
  });
});
