import { isPlainObject } from '../../../util/plain-object.ts';

/** What a package.json says of an app. */
export interface Manifest {
  readonly packages: readonly string[];
  readonly scripts: Readonly<Record<string, unknown>>;
}

/** Null if the text is no JSON object. Pure. */
export function readManifest(text: string): Manifest | null {
  const json = parsed(text);
  if (!isPlainObject(json)) return null;
  const { dependencies, scripts } = json;
  return {
    packages: isPlainObject(dependencies) ? Object.keys(dependencies) : [],
    scripts: isPlainObject(scripts) ? scripts : {},
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The packages of a requirements.txt, as PyPI normalises their names (PEP 503). Pure. */
export function requirementNames(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => normalised(/^\s*([A-Za-z0-9][\w.-]*)/.exec(line)?.[1]));
}

/**
 * Whatever a pyproject.toml names in quotes or as a key, packages among it: `"slack-bolt>=1.18"`, `slack-bolt = "^1.18"`.
 * Enough to find a package that is looked for. Pure.
 */
export function projectNames(text: string): readonly string[] {
  return [...text.matchAll(/(?:^[ \t]*|["'])([A-Za-z0-9][\w.-]*)/gm)].flatMap(([, name]) => normalised(name));
}

function normalised(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name.toLowerCase().replace(/[-_.]+/g, '-')];
}
