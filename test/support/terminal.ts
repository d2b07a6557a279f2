import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Env } from './cli.ts';
import { root } from './root.ts';

/** One call of the built command line on a terminal of 80 columns. */
export interface TerminalRun {
  /** All that the terminal got so far, control characters included. */
  readonly shown: string;
  /** Resolves when the terminal has got that text. */
  shows(text: string): Promise<void>;
  type(text: string): void;
  /** The exit code; 128 and the number for a signal. */
  readonly ended: Promise<number | null>;
}

const SHOWN_WITHIN = 30_000;

/** Runs `gwproxy` with a terminal as its three standard streams, by script(1) of util-linux. */
export function runOnTerminal(t: TestContext, args: readonly string[], env: Env): TerminalRun {
  const command = [process.execPath, join(root, 'dist', 'cli', 'main.js'), ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  const line = `stty cols 80 -echo; exec ${command.join(' ')}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return {
    get shown() {
      return shown;
    },
    shows: (text) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(fail, SHOWN_WITHIN);
        const check = (): void => {
          if (shown.includes(text)) settle(resolve);
        };
        function settle(how: () => void): void {
          clearTimeout(timer);
          child.stdout.off('data', check).off('end', fail);
          how();
        }
        function fail(): void {
          const got = JSON.stringify(shown);
          settle(() => reject(new Error(`the terminal did not show ${JSON.stringify(text)}: ${got}`)));
        }
        child.stdout.on('data', check).on('end', fail);
        check();
      }),
    type: (text) => child.stdin.write(text),
    ended,
  };
}
