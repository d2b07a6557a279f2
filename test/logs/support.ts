import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { LogPolicy } from '../../src/config/types.ts';
import type { Event } from '../../src/events.ts';
import { createLogFiles, type LogFiles, type LogFilesOptions } from '../../src/logs/log-files.ts';
import { cleanUpAfter } from '../support/clean-up.ts';

export const POLICY: LogPolicy = { folder: null, size: 10_000_000, age: 86_400_000, keep: 100_000_000 };

export interface Logging {
  readonly files: LogFiles;
  readonly events: readonly Event[];
  /** Resolves at the next event of that type. */
  next(type: Event['type']): Promise<Event>;
  say(line: string, profile?: string): void;
}

/** Log files of one profile, `bot`, whose events come to them as the app has it. They are closed when the test ends. */
export function logTo(
  t: TestContext,
  folder: string,
  policy: Partial<LogPolicy> = {},
  more: Partial<LogFilesOptions> = {},
): Logging {
  const events: Event[] = [];
  const waiting: { readonly type: Event['type']; readonly resolve: (event: Event) => void }[] = [];
  const files = createLogFiles({
    policy: { ...POLICY, ...policy },
    profiles: [{ name: 'bot', logFile: null }],
    folder,
    report: (event) => {
      events.push(event);
      files.report(event);
      for (const { type, resolve } of waiting) if (type === event.type) resolve(event);
    },
    ...more,
  });
  cleanUpAfter(t, () => files.close());
  return {
    files,
    events,
    next: (type) =>
      new Promise((resolve) => {
        // Nothing that the files wait for keeps a process alive.
        const awake = setInterval(() => {}, 1000);
        waiting.push({
          type,
          resolve: (event) => {
            clearInterval(awake);
            resolve(event);
          },
        });
      }),
    say: (line, profile = 'bot') => files.report({ type: 'gateway.output', profile, stream: 'stdout', line }),
  };
}

/** The file's names in that folder, oldest first, the one that is written last. */
export async function namesOf(folder: string, file = 'bot.log'): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(file)).sort();
  return [...names.slice(1), ...names.slice(0, 1)];
}

/** Every line of all of a file's generations, without stamps, oldest first. */
export async function wholeLog(folder: string, file = 'bot.log'): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of await namesOf(folder, file)) {
    const bytes = await readFile(join(folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    lines.push(...text.split('\n').slice(0, -1));
  }
  return lines.map((line) => line.slice('2026-01-01T12:00:00.000Z out '.length));
}
