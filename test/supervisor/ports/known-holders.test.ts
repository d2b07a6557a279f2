import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownHolder } from '../../../src/config/types.ts';
import { holderFacts, stopCommand } from '../../../src/supervisor/ports/known-holders.ts';
import { conflictText, findConflict } from '../../../src/supervisor/ports/port-conflict.ts';
import { MARK, markOf } from '../../../src/supervisor/tree/mark.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { child, PROGRAM, SERVER } from '../children.ts';

const KNOWN: KnownHolder = {
  name: "the bot's own service",
  programs: ['bot', 'bot.main'],
  args: ['serve', 'all'],
  stop: { program: 'bot', options: ['-p'], args: ['serve', 'stop'], env: ['BOT_HOME'] },
};

const none = () => null;

test('a program is known by its name and its words in their order, whatever stands between', () => {
  for (const [words, command] of [
    [['bot', 'serve', 'all'], 'bot serve stop'],
    [['/usr/bin/python3', '/opt/my bots/bin/bot', '-v', 'serve', '--now', 'all', ''], 'bot serve stop'],
    [['python3', '-m', 'bot.main', '-p', 'inbox', 'serve', 'all'], 'bot -p inbox serve stop'],
    [['bot', '-p', "in'box", 'serve', 'all'], `bot -p 'in'\\''box' serve stop`],
    [['bot', 'serve', 'all', '-p'], 'bot serve stop'],
    [['bot', 'all', 'serve'], null],
    [['bot', 'serve'], null],
    [['serve', 'all', 'bot'], null],
    [['robot', 'serve', 'all'], null],
    [[''], null],
  ] as const) {
    assert.equal(stopCommand(KNOWN, words, none), command, words.join(' '));
  }
});

test('what its environment chooses is repeated', () => {
  const env = new Map([['BOT_HOME', '/srv/my bots']]);
  const command = stopCommand(KNOWN, ['bot', 'serve', 'all'], (name) => env.get(name) ?? null);
  assert.equal(command, "BOT_HOME='/srv/my bots' bot serve stop");
  assert.equal(
    stopCommand(KNOWN, ['bot', 'serve', 'all'], () => ''),
    'bot serve stop',
  );
});

if (HAS_PROC) {
  const serve = ['127.0.0.1', '0', '/opt/bin/bot', '-p', 'inbox', 'serve', 'all'];

  test("a port's holder that the profile knows is named with the command that ends it", async (t) => {
    const holder = child(t, SERVER, serve, { BOT_HOME: '/srv/bots' });
    const port = Number(await holder.line());
    const who = `is in use by ${PROGRAM} (pid ${holder.pid})`;
    const conflict = await findConflict('127.0.0.1', port, [KNOWN]);
    assert.ok(conflict !== null);
    assert.equal(
      conflictText(`port ${port}`, conflict),
      `port ${port} ${who}, which is the bot's own service; end it with \`BOT_HOME=/srv/bots bot -p inbox serve stop\``,
    );
    assert.deepEqual(await findConflict('127.0.0.1', port), { kind: 'held', text: who, advice: null });
  });

  test('a gateway of gwproxy is named as one, not by what its preset knows of it', async (t) => {
    const mark = markOf('0123456789abcdef', 'inbox', 1, 'invented');
    const holder = child(t, SERVER, serve, { [MARK]: mark });
    await holder.line();
    assert.deepEqual(holderFacts(holder.pid, [KNOWN]), {
      who: ", which bears the mark of profile 'inbox' of a gwproxy",
      advice: 'if another gwproxy runs it, stop that profile there; else end the process',
    });
  });

  test('what holds nothing of interest, or has ended, is not named', async (t) => {
    const holder = child(t, SERVER, ['127.0.0.1', '0']);
    await holder.line();
    assert.equal(holderFacts(holder.pid, [KNOWN]), null);
    await holder.end();
    assert.equal(holderFacts(holder.pid, [KNOWN]), null);
  });
}
