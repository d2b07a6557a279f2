import type { Source } from '../../routing/route.ts';
import { nearest, type Problem, problemAt } from '../problems.ts';
import { expandHome, type Fault, interpolate, type Part } from '../source/interpolate.ts';
import { type MapTree, mapEntries, mapScalars, type Path } from '../source/yaml-tree.ts';

/** The message about a port where none can be. */
export const NO_PORT_HERE = 'a port can be used only in command and env';

/** The variables that `${NAME}` is looked up in. */
export interface Variables {
  readonly get: (name: string) => string | undefined;
  readonly names: readonly string[];
  /** For messages: where they come from. */
  readonly where: string;
  /** False if an env_file could not be read; a missing name is then not reported. */
  readonly complete: boolean;
  readonly home: string;
}

/** A text of the config with `~` and variables filled in; its ports are known only at the gateway's start. */
export interface Text {
  readonly source: Source;
  readonly parts: readonly Part[];
}

export interface ResolvedText {
  readonly text: Text;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

/** Fills in variables, and with 'home' a leading `~`. `ok` is false if a reference could not be filled in. */
export function resolveText(
  written: string,
  source: Source,
  variables: Variables,
  home: 'home' | 'no home',
): ResolvedText {
  const expanded = home === 'home' ? expandHome(written, variables.home) : written;
  const { parts, faults } = interpolate(expanded, variables.get);
  const reported = faults.filter((fault) => fault.kind === 'malformed' || variables.complete);
  return {
    text: { source, parts },
    ok: faults.length === 0,
    problems: reported.map((fault) => problemAt(source, faultText(fault, variables))),
  };
}

export interface ResolvedTree {
  readonly tree: MapTree;
  /** The paths of scalars that could not be filled in, reported or not. */
  readonly unresolved: readonly Path[];
  readonly problems: readonly Problem[];
}

/** Fills in every text of the tree for which `variablesAt` returns variables. A `${port}` in one is a problem. */
export function resolveTree(
  tree: MapTree,
  variablesAt: (path: Path) => Variables | null,
  homeAt: (path: Path) => boolean,
): ResolvedTree {
  const faulty: Path[] = [];
  const problems: Problem[] = [];
  const resolved = mapEntries(tree, (value, name) =>
    mapScalars(
      value,
      (scalar, path) => {
        const variables = typeof scalar.value === 'string' ? variablesAt(path) : null;
        if (variables === null || typeof scalar.value !== 'string') return scalar;
        const home = homeAt(path) ? 'home' : 'no home';
        const result = resolveText(scalar.value, scalar.source, variables, home);
        const ports = result.text.parts.filter((part) => typeof part !== 'string');
        problems.push(...result.problems);
        if (ports.length > 0) {
          problems.push(problemAt(scalar.source, NO_PORT_HERE));
        }
        if (!result.ok || ports.length > 0) faulty.push(path);
        return { ...scalar, value: result.text.parts.join('') };
      },
      [name],
    ),
  );
  return { tree: resolved, unresolved: faulty, problems };
}

/** A default may be a secret, and so may the rest of a text in which a `${` is never closed. */
function withoutValue(reference: string): string {
  return reference.endsWith('}') ? reference.replace(/:.*(?=\}$)/s, ':-…') : '${…';
}

function faultText(fault: Fault, variables: Variables): string {
  if (fault.kind === 'malformed') {
    return `'${withoutValue(fault.text)}' is not a valid reference: write \${NAME} or \${NAME:-default}, or $\${ for a literal \${`;
  }
  const near = nearest(fault.name, variables.names);
  const help =
    near === undefined ? `set it, or write \${${fault.name}:-default}` : `did you mean \${${near}}?`;
  return `\${${fault.name}} is not set in ${variables.where}; ${help}`;
}
