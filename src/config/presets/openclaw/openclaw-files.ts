import { dirname, join, resolve } from 'node:path';
import type { Source } from '../../../routing/route.ts';
import { errorMessage } from '../../../util/errno.ts';
import { type Problem, problemAt } from '../../problems.ts';
import { parseEnvFile } from '../../source/env-file.ts';
import type { Files } from '../../source/files.ts';
import { parseJson5 } from '../../source/json5.ts';
import { type Entry, type MapTree, mapEntries, type Tree, withoutKeys } from '../../source/yaml-tree.ts';
import type { OpenClawHome } from './openclaw-home.ts';

/** What an OpenClaw profile's own files hold. */
export interface OpenClawFiles {
  /** openclaw.json with its includes; null if it is missing or cannot be read, which is a problem. */
  readonly config: MapTree | null;
  /** Of the .env in the state folder. */
  readonly env: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  readonly files: readonly string[];
}

/** As in OpenClaw (docs/gateway/config-secrets-env.md, "Config includes"). */
const MOST_NESTED = 10;
/** Every included file is read once for each place that includes it, so their number is bounded too. */
const MOST_FILES = 200;
/** Bytes of one file; the bot may write it, and so fill gwproxy's memory. */
const LONGEST_FILE = 5 * 1024 * 1024;

/** Reads openclaw.json, the files that it includes, and the .env beside the state. */
export async function readOpenClawFiles(home: OpenClawHome, files: Files): Promise<OpenClawFiles> {
  const reader = new ConfigReader(files);
  const config = await reader.read(home.configFile, { file: home.configFile, line: 1, column: 1 }, 0);
  const problems = [...reader.problems];
  if (config !== null && config.kind !== 'map') {
    problems.push(problemAt(config.source, 'must be an object, as in { gateway: { mode: "local" } }'));
  }
  const envFile = join(home.folder, '.env');
  const env = await readEnv(envFile, files);
  return {
    config: config?.kind === 'map' && problems.length === 0 ? config : null,
    env,
    problems,
    files: [...reader.files, envFile],
  };
}

class ConfigReader {
  readonly problems: Problem[] = [];
  readonly files = new Set<string>();
  readonly #files: Files;
  #read = 0;
  /** The limit has been reported: nothing more is read. */
  #isOver = false;

  constructor(files: Files) {
    this.#files = files;
  }

  /** Null after a problem, which is at `source` if the file cannot be opened. */
  async read(file: string, source: Source, nested: number): Promise<Tree | null> {
    this.files.add(file);
    this.#read += 1;
    if (nested > MOST_NESTED || this.#read > MOST_FILES) {
      this.#isOver = true;
      return this.#fail(source, `$include goes more than ${MOST_NESTED} files deep, or in a circle`);
    }
    let text: string;
    try {
      text = await this.#files.read(file, LONGEST_FILE);
    } catch (error) {
      return this.#fail(source, `${file} cannot be read: ${errorMessage(error)}`);
    }
    const { tree, problems } = parseJson5(file, text);
    this.problems.push(...problems);
    return tree === null ? null : this.#withIncludes(tree, file, nested);
  }

  async #withIncludes(tree: Tree, file: string, nested: number): Promise<Tree> {
    if (tree.kind === 'scalar') return tree;
    if (tree.kind === 'list') {
      const items: Tree[] = [];
      for (const item of tree.items) items.push(await this.#withIncludes(item, file, nested));
      return { ...tree, items };
    }
    const values = new Map<string, Tree>();
    for (const [name, { value }] of tree.entries) {
      if (name !== '$include') values.set(name, await this.#withIncludes(value, file, nested));
    }
    const own = mapEntries(withoutKeys(tree, ['$include']), (value, name) => values.get(name) ?? value);
    const include = tree.entries.get('$include');
    if (include === undefined) return own;
    let merged: Tree | null = null;
    for (const one of include.value.kind === 'list' ? include.value.items : [include.value]) {
      if (this.#isOver || this.problems.length > MOST_FILES) break;
      const included = await this.#include(one, file, nested);
      if (included !== null) merged = merged === null ? included : mergeDeep(merged, included);
    }
    if (merged === null) return own;
    return own.entries.size === 0 ? merged : mergeDeep(merged, own);
  }

  async #include(named: Tree, file: string, nested: number): Promise<Tree | null> {
    if (named.kind === 'scalar' && typeof named.value === 'string') {
      return this.read(resolve(dirname(file), named.value), named.source, nested + 1);
    }
    return this.#fail(named.source, '$include takes a file, or a list of files');
  }

  #fail(source: Source, message: string): null {
    this.problems.push(problemAt(source, message));
    return null;
  }
}

/** As OpenClaw merges includes: maps key by key, lists one behind the other, and else the later value wins. */
function mergeDeep(first: Tree, second: Tree): Tree {
  if (first.kind === 'list' && second.kind === 'list') {
    return { ...second, items: [...first.items, ...second.items] };
  }
  if (first.kind !== 'map' || second.kind !== 'map') return second;
  const entries = new Map<string, Entry>(first.entries);
  for (const [name, { key, value }] of second.entries) {
    const before = entries.get(name);
    entries.set(name, { key, value: before === undefined ? value : mergeDeep(before.value, value) });
  }
  return { ...first, entries };
}

/** Lines that cannot be read are left out, as in OpenClaw. */
async function readEnv(file: string, files: Files): Promise<ReadonlyMap<string, string>> {
  if ((await files.program(file)) === 'missing') return new Map();
  try {
    return parseEnvFile(await files.read(file, LONGEST_FILE)).values;
  } catch {
    // Not readable by gwproxy's user, and so not by the gateway; OpenClaw starts without it.
    return new Map();
  }
}
