import { dirname, join } from 'node:path';
import type { Machine } from '../local-machine.ts';
import type { AppFacts, AppVariable, Script } from './app-facts.ts';
import { type Manifest, projectNames, readManifest, requirementNames } from './named-packages.ts';
import { type OwnEnvFile, ownEnvFile } from './own-env-file.ts';
import { scriptFile, wordsOf } from './script-file.ts';
import { readScript } from './script-imports.ts';

/** Bytes. A longer script is a bundle, whose text says more of its libraries than of the bot: it is not read. */
const LARGEST_SCRIPT = 256 * 1024;
/** Bytes, of a package.json and the like. */
const LARGEST_LIST = 256 * 1024;
/** How many folders above the app's own may hold its package.json. */
const FOLDERS_ABOVE = 4;

/** What init knows of an app from pm2's file. */
export interface SeenApp {
  readonly command: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly variables: {
    readonly plain: ReadonlyMap<string, string>;
    readonly secret: ReadonlyMap<string, string>;
    readonly shell: ReadonlyMap<string, string>;
  };
  /** The app's `env_file`, which pm2 itself ignores. */
  readonly envFile: unknown;
}

/**
 * The facts on an app, from its variables, its script, its .env file, and the nearest package.json, requirements.txt or
 * pyproject.toml. Reads these files alone, each up to a limit, and executes nothing.
 */
export function readFacts(
  app: SeenApp,
  machine: Machine,
): { readonly facts: AppFacts; readonly ownFile: OwnEnvFile | null } {
  const manifest = nearestManifest(app.cwd, machine);
  const words = wordsOf(app.command, manifest);
  const script = scriptOf(words, app.cwd, machine);
  const packages = new Set([...(manifest?.packages ?? []), ...pythonPackages(app.cwd, machine)]);
  const { plain, secret, shell } = app.variables;
  const ownFile = ownEnvFile(
    {
      words: words === app.command ? words : [...app.command, ...words],
      script,
      packages,
      set: new Map([...shell, ...secret, ...plain]),
      written: app.envFile,
    },
    app.cwd,
    machine,
  );
  const variables = new Map<string, AppVariable>([
    ...placed(ownFile?.values ?? new Map(), 'own'),
    ...placed(shell, 'shell'),
    ...placed(secret, 'secrets'),
    ...placed(plain, 'config'),
  ]);
  return { facts: { words, variables, script, packages }, ownFile };
}

function placed(
  values: ReadonlyMap<string, string>,
  place: AppVariable['place'],
): readonly (readonly [string, AppVariable])[] {
  return [...values].map(([name, value]) => [name, { value, place }]);
}

function scriptOf(words: readonly string[], cwd: string, machine: Machine): Script | null {
  const file = scriptFile(words, cwd, machine);
  const text = file === null ? null : machine.text(file.path, LARGEST_SCRIPT);
  if (file === null || text === null) return null;
  const folders = [cwd, dirname(file.path)];
  const isLocal = (module: string) =>
    folders.some(
      (folder) =>
        machine.isFile(join(folder, `${module}.py`)) || machine.isFile(join(folder, module, '__init__.py')),
    );
  return readScript(text, file.language, isLocal);
}

function nearestManifest(folder: string, machine: Machine): Manifest | null {
  let at = folder;
  for (let above = 0; above <= FOLDERS_ABOVE; above += 1) {
    const text = machine.text(join(at, 'package.json'), LARGEST_LIST);
    if (text !== null) return readManifest(text);
    if (at === machine.home || dirname(at) === at) return null;
    at = dirname(at);
  }
  return null;
}

function pythonPackages(folder: string, machine: Machine): readonly string[] {
  const requirements = machine.text(join(folder, 'requirements.txt'), LARGEST_LIST);
  const project = machine.text(join(folder, 'pyproject.toml'), LARGEST_LIST);
  return [
    ...(requirements === null ? [] : requirementNames(requirements)),
    ...(project === null ? [] : projectNames(project)),
  ];
}
