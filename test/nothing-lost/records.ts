import { readFile } from 'node:fs/promises';
import type { Bot } from './bot.ts';
import type { Sighting } from './ledger.ts';

/** What a bot wrote, `<epoch ms> <id>` a line. Throws where a line is anything else: nothing then holds. */
export function parseRecord(bot: string, text: string): readonly Sighting[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`the record of ${bot} ends within a line`);
  return lines.map((line) => {
    const [, at, id] = /^(\d+) (\S+)$/.exec(line) ?? [];
    if (at === undefined || id === undefined) throw new Error(`the record of ${bot} has a line '${line}'`);
    return { bot, id, at: Number(at) };
  });
}

/** Of all of them; a bot that was sent nothing has none. */
export async function readRecords(bots: readonly Bot[]): Promise<readonly Sighting[]> {
  const records = bots.map(async ({ name, record }) => parseRecord(name, await readIfThere(record)));
  return (await Promise.all(records)).flat();
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
