import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** The name by which every child here, and the test itself, is known. */
export const PROGRAM: string = basename(realpathSync(process.execPath));

export interface Child {
  readonly pid: number;
  /** The next line that it writes. */
  line(): Promise<string>;
  /** Has it do something: a line on its standard input. */
  send(text: string): void;
  end(): Promise<void>;
}

/** A program of its own, with these variables beside its environment; ended with the test. */
export function child(
  t: TestContext,
  code: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Child {
  const spawned: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const { pid, stdin, stdout } = spawned;
  assert.ok(pid !== undefined && stdin !== null && stdout !== null);
  const exited = once(spawned, 'exit');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const end = async (): Promise<void> => {
    spawned.kill('SIGKILL');
    await exited;
  };
  t.after(end);
  return {
    pid,
    line: async () => String((await lines.next()).value),
    send: (text) => stdin.write(`${text}\n`),
    end,
  };
}

/**
 * A server on HOST and PORT (arguments; 0 is any) that writes its port once it listens. A line on its standard
 * input says how it answers from then on and is answered by `told`: a status; `live` and a status, for the path
 * /live; `hang`, to answer nothing; `close`, to listen no more; `open`, to listen on that port again. Ends with its parent.
 */
export const SERVER = `
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
const [host, port] = process.argv.slice(1);
let status = '200';
let live = '200';
const server = createServer((request, response) => {
  if (status === 'hang') return;
  response.statusCode = Number(request.url === '/live' ? live : status);
  response.end('ok');
});
server.listen(Number(port), host, () => console.log(server.address().port));
createInterface({ input: process.stdin }).on('line', (line) => {
  const [first, second] = line.split(' ');
  if (first === 'close') server.close().closeAllConnections();
  else if (first === 'open') {
    const { port } = server.address();
    server.close(() => server.listen(port, host, () => console.log('told'))).closeAllConnections();
    return;
  }
  else if (first === 'live') live = second;
  else status = first;
  console.log('told');
}).on('close', () => process.exit());
`;

/** SERVER on that port of that host; 0 is a free one. */
export async function server(
  t: TestContext,
  host = '127.0.0.1',
  wanted = 0,
): Promise<Child & { readonly port: number }> {
  const started = child(t, SERVER, [host, String(wanted)]);
  return { ...started, port: Number(await started.line()) };
}
