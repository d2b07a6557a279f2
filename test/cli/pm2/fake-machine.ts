import type { Machine } from '../../../src/cli/pm2/local-machine.ts';

export const FOLDER = '/srv/bots';

/** A machine with those files, and with these programs on its PATH. */
export function machine(given: {
  readonly files?: readonly string[];
  readonly binaries?: readonly string[];
  readonly programs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeVersion?: string;
  /** The folder from which relative paths are resolved. */
  readonly folder?: string;
  /** All folders; without it, every folder exists. */
  readonly folders?: readonly string[];
  readonly pipes?: readonly string[];
  /** Files with what is in them. */
  readonly texts?: Readonly<Record<string, string>>;
  /** The target of each symbolic link. */
  readonly links?: Readonly<Record<string, string>>;
}): Machine {
  const programs = given.programs ?? {
    node: '/usr/bin/node',
    python3: '/usr/bin/python3',
    bash: '/usr/bin/bash',
  };
  const binaries = given.binaries ?? [];
  const texts = given.texts ?? {};
  const files = [...(given.files ?? []), ...binaries, ...Object.values(programs), ...Object.keys(texts)];
  return {
    folder: given.folder ?? FOLDER,
    home: '/home/ada',
    env: given.env ?? {},
    nodeVersion: given.nodeVersion ?? '20.19.0',
    isFile: (path) => files.includes(path),
    isFolder: (path) => given.folders?.includes(path) ?? true,
    entry: (path) => {
      if (files.includes(path)) return 'file';
      if (path === FOLDER || given.folders?.includes(path)) return 'folder';
      return given.pipes?.includes(path) ? 'other' : 'none';
    },
    isBinary: (path) => binaries.includes(path),
    text: (path, largest) => {
      const text = texts[path] ?? null;
      return text === null || Buffer.byteLength(text) > largest ? null : text;
    },
    real: (path) => given.links?.[path] ?? path,
    which: (program) =>
      program.includes('/') ? (files.includes(program) ? program : null) : (programs[program] ?? null),
  };
}
