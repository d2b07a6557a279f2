import { shownPath } from '../../routing/url/shown-path.ts';
import { OWN_NAME, profileName } from '../schema/profile-schema.ts';

// What the configs that `init` writes for different kinds of gateways have in common.

/** The public port, unless a gateway has it. */
export const USUAL_DOOR_PORT = 3978;
/** Characters of a path in a comment. */
const LONGEST_SHOWN = 200;

/** Names for profiles, in the order given and each once: a profile's name may hold a-z, 0-9 and '-' inside. */
export function profileNames(wanted: readonly string[], otherwise: string): readonly string[] {
  const taken = new Set<string>([OWN_NAME]);
  return wanted.map((one) => {
    const plain = one
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 60)
      .replace(/^-|-$/g, '');
    const base = plain === '' ? otherwise : plain;
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}-${count}`;
    taken.add(name);
    return profileName().parse(name);
  });
}

/** The first port from `usual` on that none of the gateways has. */
export function freePort(usual: number, taken: Iterable<number>): number {
  const ports = new Set(taken);
  let port = usual;
  while (ports.has(port)) port += 1;
  return port;
}

/** As a quoted text of YAML in which `$` stands for itself. */
export function literal(text: string): string {
  return JSON.stringify(text.replaceAll('$', '$$$$'));
}

/** A public path for a comment, without what may be a secret: many bots have a token in the path of their webhook. */
export function pathInComment(path: string): string {
  return printable(shownPath(path, () => '***', LONGEST_SHOWN));
}

/** For a comment, which a line break would end. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}
