import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { listen, temporaryFolder } from './sockets.ts';

interface Test {
  after(cleanUp: () => Promise<void>): void;
}

export interface FakeProgram {
  /** To be put before PATH. */
  readonly folder: string;
  /** The arguments of every call so far, in order. */
  readonly calls: readonly (readonly string[])[];
  /** Resolves once it was called that often. */
  called(times: number): Promise<void>;
}

/** What a call of it does, by its arguments: exit with a code (0 by default) and say something on stderr. */
export type Answer = (
  args: readonly string[],
) => { readonly code?: number; readonly stderr?: string } | undefined;

/** A program of that name, put on PATH in front of the real one. It reports its calls and answers as the test says. */
export async function fakeProgram(
  test: Test,
  name: string,
  answer: Answer = () => undefined,
): Promise<FakeProgram> {
  const calls: (readonly string[])[] = [];
  const news = new EventEmitter();
  const server = createServer((socket) => {
    let sent = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      sent += chunk;
      const [count, ...args] = sent.split('\0').slice(0, -1);
      if (args.length !== Number(count)) return;
      calls.push(args);
      const { code = 0, stderr = '' } = answer(args) ?? {};
      socket.end(`${code}\0${stderr}\0`);
      news.emit('call');
    });
  });
  const port = await listen(test, server);
  const folder = join(await temporaryFolder(test), 'bin');
  await mkdir(folder);
  const file = join(folder, name);
  await writeFile(
    file,
    `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\0' "$#" "$@" >&3
IFS= read -r -d '' code <&3
IFS= read -r -d '' said <&3
printf %s "$said" >&2
exit "$code"
`,
  );
  await chmod(file, 0o755);
  return {
    folder,
    calls,
    async called(times) {
      while (calls.length < times) await once(news, 'call');
    },
  };
}
