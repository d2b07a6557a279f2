import { basename, dirname, extname, resolve } from 'node:path';
import type { Files } from '../../config/source/files.ts';
import { parseYaml } from '../../config/source/yaml.ts';
import type { MapTree, Tree } from '../../config/source/yaml-tree.ts';

/**
 * The names of a config's profiles, with those of included files. Nothing is validated, since the user waits after
 * pressing Tab; a file that cannot be read has no profiles.
 */
export async function configProfileNames(configFile: string, files: Files): Promise<readonly string[]> {
  const config = resolve(configFile);
  const tree = await readMap(config, files);
  if (tree === null) return [];
  const patterns = textsOf(tree.entries.get('include')?.value);
  const included = await Promise.all(
    patterns.map((pattern) => includedNames(pattern, dirname(config), files)),
  );
  return [...new Set([...(profileKeys(tree) ?? []), ...included.flat()])];
}

async function includedNames(pattern: string, folder: string, files: Files): Promise<readonly string[]> {
  const found = await files.glob(pattern, folder).catch((): readonly string[] => []);
  const names = await Promise.all(
    found.map(async (file) => {
      const tree = await readMap(file, files);
      return tree === null ? [] : (profileKeys(tree) ?? [basename(file, extname(file))]);
    }),
  );
  return names.flat();
}

async function readMap(file: string, files: Files): Promise<MapTree | null> {
  const text = await files.read(file).catch(() => '');
  const { tree } = parseYaml(file, text);
  return tree?.kind === 'map' ? tree : null;
}

/** Null if the file has no `profiles:`; an included file without one is a single profile. */
function profileKeys(tree: MapTree): readonly string[] | null {
  const profiles = tree.entries.get('profiles')?.value;
  if (profiles === undefined) return null;
  return profiles.kind === 'map'
    ? [...profiles.entries.keys()].filter((name) => /^[a-z0-9-]+$/.test(name))
    : [];
}

function textsOf(tree: Tree | undefined): readonly string[] {
  if (tree?.kind === 'list') return tree.items.flatMap(textsOf);
  return tree?.kind === 'scalar' && tree.value !== null ? [tree.written] : [];
}
