import type { Machine } from '../../../src/cli/pm2/launch.ts';

export const FOLDER = '/srv/bots';

/** A machine with those files, and with these programs on its PATH. */
export function machine(given: {
  readonly files?: readonly string[];
  readonly binaries?: readonly string[];
  readonly programs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeVersion?: string;
  /** From a link to where it leads. */
  readonly links?: Readonly<Record<string, string>>;
}): Machine {
  const programs = given.programs ?? {
    node: '/usr/bin/node',
    python3: '/usr/bin/python3',
    bash: '/usr/bin/bash',
  };
  const binaries = given.binaries ?? [];
  const files = [...(given.files ?? []), ...binaries, ...Object.values(programs)];
  return {
    folder: FOLDER,
    home: '/home/ada',
    env: given.env ?? {},
    nodeVersion: given.nodeVersion ?? '20.19.0',
    isFile: (path) => files.includes(path),
    isBinary: (path) => binaries.includes(path),
    real: (path) => given.links?.[path] ?? path,
    which: (program) =>
      program.includes('/') ? (files.includes(program) ? program : null) : (programs[program] ?? null),
  };
}
