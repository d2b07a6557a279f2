import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRenderer } from '../../../src/cli/output/render.ts';
import type { Event } from '../../../src/events.ts';

function rendered(
  events: readonly Event[],
  options: { colour?: boolean; unwritten?: () => number } = {},
): string {
  let text = '';
  const render = createRenderer(['inbox-triage', 'bot'], {
    write: (chunk) => {
      text += chunk;
    },
    unwritten: () => 0,
    colour: options.colour ?? false,
  });
  for (const event of events) render(event);
  return text;
}

const output = (line: string, profile = 'bot'): Event => ({
  type: 'gateway.output',
  profile,
  stream: 'stdout',
  line,
});

test('every line begins with its profile, as wide as the longest name', () => {
  const text = rendered([
    { type: 'door.listening', host: '127.0.0.1', port: 3978, publicUrl: 'https://bots.example.com' },
    { type: 'listener.ready', profile: 'inbox-triage', listener: 'messages', port: 18681 },
    output('hello'),
  ]);
  assert.equal(
    text,
    [
      'gwproxy      > listening on http://127.0.0.1:3978, public as https://bots.example.com',
      'inbox-triage > messages is ready on port 18681',
      'bot          | hello\n',
    ].join('\n'),
  );
});

test('a gateway’s output cannot steer the terminal', () => {
  assert.equal(
    rendered([output('a\x1b[2J\x1b]0;title\x07b\rc\x08\x9b31md\te \u202egpj.exe')]),
    'bot          | a\\u{1b}]0;title\\u{7}b\\u{d}c\\u{8}\\u{9b}31md\te \\u{202e}gpj.exe\n',
  );
});

test('a slow terminal loses output lines, which are counted, but no events', () => {
  let unwritten = 2 * 1024 * 1024;
  const state: Event = {
    type: 'gateway.state',
    profile: 'bot',
    state: 'backoff',
    generation: 1,
    pid: null,
    unfit: false,
    reason: 'exited with code 1',
    nextStartAt: 13_500,
  };
  let text = '';
  const render = createRenderer(
    ['bot'],
    {
      write: (chunk) => {
        text += chunk;
      },
      unwritten: () => unwritten,
      colour: false,
    },
    () => 10_000,
  );
  render(output('lost'));
  render(output('lost'));
  render(state);
  unwritten = 0;
  render(output('shown'));
  assert.equal(
    text,
    [
      'bot     ! backoff: exited with code 1; next start in 3.5 s',
      'gwproxy ! 2 lines of output are not shown, because the terminal is too slow',
      'bot     | shown\n',
    ].join('\n'),
  );
});

test('each profile keeps its colour', () => {
  const text = rendered([output('x', 'inbox-triage'), output('y'), output('z', 'inbox-triage')], {
    colour: true,
  });
  const colours = text.split('\n').map((line) => line.slice(0, 5));
  assert.equal(colours[0], colours[2]);
  assert.notEqual(colours[0], colours[1]);
});

test('a refused batch is shown with its bots and the profiles to change', () => {
  const text = rendered([
    {
      type: 'door.mixed-batch',
      requestId: 'r',
      path: '/webhook',
      lacking: ['inbox-triage', 'bot'],
      attributes: [
        { platform: 'messenger', fields: { page: '111' } },
        { platform: 'messenger', fields: { page: '222' } },
      ],
      more: 3,
    },
  ]);
  assert.match(text, /refused \(\/webhook\): messenger page 111; messenger page 222 and 3 more; /);
  assert.match(text, /set fan_out: true for inbox-triage, bot\n$/);
});

test('lost deliveries and dead letters are shown with the command that sends them again', () => {
  const one = { profile: 'bot', id: '0hol2199hhs', platform: 'github', lastStatus: '401' } as const;
  assert.equal(
    rendered([
      { type: 'spool.lost', ...one, reason: 'refused' },
      { type: 'spool.dead', ...one, reason: 'tries', tries: 8, lastStatus: '503' },
      { type: 'spool.dead', ...one, reason: 'no-route', tries: 0, lastStatus: null },
      { type: 'spool.full', profile: 'bot', refused: 3 },
      { type: 'spool.failed', profile: 'bot', action: 'keep', reason: 'ENOSPC', count: 2 },
      { type: 'spool.drained', profile: 'bot', delivered: 5 },
    ]),
    [
      'bot          ! LOST: delivery 0hol2199hhs from github, which was acknowledged to its sender: the gateway refused it (last answer: 401); `gwproxy spool retry 0hol2199hhs` sends it again',
      'bot          ! delivery 0hol2199hhs from github is a dead letter: it failed 8 times (503); `gwproxy spool retry 0hol2199hhs` sends it again',
      'bot          ! delivery 0hol2199hhs from github is a dead letter: it was spooled for this profile, to which the config no longer routes it; `gwproxy spool retry 0hol2199hhs` sends it again',
      'bot          ! the spool is full, and 3 deliveries were refused with 503; see `gwproxy spool`',
      'bot          ! deliveries cannot be spooled, and 503 was answered 2 times (ENOSPC)',
      'bot          > all spooled deliveries were delivered (5)\n',
    ].join('\n'),
  );
});
