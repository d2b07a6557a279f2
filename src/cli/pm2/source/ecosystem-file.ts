import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { errorMessage } from '../../../util/errno.ts';
import { isPlainObject } from '../../../util/plain-object.ts';
import { evaluate, unreadable } from './evaluate-module.ts';
import { type App, dumpedApp, ecosystemApp } from './pm2-app.ts';

/** What pm2 would start from a file. */
export interface Pm2File {
  readonly kind: App['kind'];
  readonly apps: readonly App[];
  /** `env` of each target under `deploy`, by the target's name. */
  readonly deployEnvironments: ReadonlyMap<string, unknown>;
  /** Keys other than `apps`. */
  readonly otherKeys: readonly string[];
}

const MODULES = new Set(['.js', '.cjs', '.mjs']);

/**
 * Reads an ecosystem file (.js, .cjs, .mjs, .json, .yaml) or pm2's dump, as pm2 does. Throws a CommandError that says
 * what is wrong with it, and where.
 */
export async function readPm2File(file: string): Promise<Pm2File> {
  const parsed = parseApps(await contentOf(file));
  if (typeof parsed === 'string') throw unreadable(file, parsed);
  return parsed;
}

/** The apps of pm2's own dump, which is empty if all were deleted. Throws a CommandError as above. */
export async function readDump(file: string): Promise<readonly App[]> {
  const content = await contentOf(file);
  if (Array.isArray(content) && content.length === 0) return [];
  const parsed = parseApps(content);
  if (typeof parsed === 'string') throw unreadable(file, parsed);
  return parsed.apps;
}

async function contentOf(file: string): Promise<unknown> {
  const ending = extname(file);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, errorMessage(error));
  }
  if (MODULES.has(ending)) return evaluate(file, 'module', dirname(file));
  if (ending === '.yaml' || ending === '.yml') return yamlValue(file, text);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return evaluate(file, 'expression', dirname(file));
  }
}

async function yamlValue(file: string, text: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  // logLevel: pm2 ignores the parser's warnings too, and Node would print them to stderr.
  const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'error', lineCounter });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const { line, col } = lineCounter.linePos(mistake.pos[0]);
    throw unreadable(file, `${file}:${line}:${col}: ${mistake.message}`);
  }
  try {
    const value: unknown = document.toJS();
    return value;
  } catch (error) {
    throw unreadable(file, errorMessage(error));
  }
}

/** The apps in a file's content, or a text that says why there are none. Pure. */
export function parseApps(value: unknown): Pm2File | string {
  const config = isPlainObject(value) ? value : {};
  const [key, inside] = [
    ['apps', config['apps']] as const,
    // In a package.json.
    ['pm2', config['pm2']] as const,
  ].find(([, found]) => Boolean(found)) ?? [null, value];
  const entries: readonly unknown[] = Array.isArray(inside) ? inside : [inside];
  const records = entries.map((entry) => (isPlainObject(entry) ? descriptionIn(entry) : null));
  if (entries.length === 0) return 'it lists no apps';
  if (records.some((entry) => entry === null || Object.keys(entry).length === 0)) {
    return "it is not a pm2 file: pm2 takes an object with 'apps', a list of apps, or one app";
  }
  const found = records.filter((entry) => entry !== null).filter((entry) => entry['pmx_module'] !== true);
  const isDump = found.some((entry) => typeof entry['pm_exec_path'] === 'string');
  const deploy = config['deploy'];
  return {
    kind: isDump ? 'dump' : 'ecosystem',
    apps: found.map((entry, index) => (isDump ? dumpedApp(entry, index) : ecosystemApp(entry, index))),
    deployEnvironments: new Map(
      isPlainObject(deploy)
        ? Object.entries(deploy).map(([name, target]) => [
            name,
            isPlainObject(target) ? target['env'] : undefined,
          ])
        : [],
    ),
    otherKeys: key === 'apps' ? Object.keys(config).filter((name) => name !== key) : [],
  };
}

/** The description of an app: `pm2 jlist` wraps those of the dump. */
function descriptionIn(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isPlainObject(entry['pm2_env']) ? entry['pm2_env'] : entry;
}
