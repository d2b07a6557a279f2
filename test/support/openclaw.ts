import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Scope } from './clean-up.ts';
import { root } from './root.ts';
import { temporaryFolder } from './sockets.ts';

export interface OpenClawMachine {
  readonly at: string;
  /** HOME and PATH, with a program `openclaw` that is the stand-in. */
  readonly env: Readonly<Record<string, string>>;
  /** A path for gwproxy's config. */
  readonly config: string;
  write(name: string, text: string): Promise<void>;
}

/** A machine with those OpenClaw profiles, each with the text of its openclaw.json; `default` is in ~/.openclaw. */
export async function openClawMachine(
  test: Scope,
  profiles: Readonly<Record<string, string>>,
): Promise<OpenClawMachine> {
  const at = await temporaryFolder(test);
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(at, name)), { recursive: true });
    await writeFile(join(at, name), text);
  };
  const program = join(at, 'bin', 'openclaw');
  const standIn = join(root, 'test', 'fixtures', 'gateways', 'openclaw.mjs');
  await write('bin/openclaw', `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`);
  await chmod(program, 0o755);
  await write('home/README', '\n');
  for (const [name, text] of Object.entries(profiles)) {
    await write(`home/${name === 'default' ? '.openclaw' : `.openclaw-${name}`}/openclaw.json`, text);
  }
  const env = { HOME: join(at, 'home'), PATH: `${join(at, 'bin')}:${process.env.PATH ?? ''}` };
  return { at, env, config: join(at, 'gwproxy.yaml'), write };
}
