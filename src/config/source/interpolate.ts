/** A place for a port; null is the gateway's only listener. */
export interface PortPart {
  readonly port: string | null;
}

export type Part = string | PortPart;

export type Fault =
  /** `${NAME}` with no value and no default. */
  | { readonly kind: 'unset'; readonly name: string }
  /** `${` that is neither a name, a name with a default, nor a port. As written. */
  | { readonly kind: 'malformed'; readonly text: string };

export interface Interpolated {
  /** Adjacent text is joined; the empty text has no part. */
  readonly parts: readonly Part[];
  readonly faults: readonly Fault[];
}

const REFERENCE = /\$(?:\$|\{([^}]*)(\}?))/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WITH_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*):-([\s\S]*)$/;
const PORT = /^port(?:\.([A-Za-z0-9_-]+))?$/;

/**
 * Replaces `${NAME}`, `${NAME:-default}` (the default holds for an unset and, as in a shell, for an empty one)
 * and `$$`; `${port}` and `${port.NAME}` become parts. Any other `$` stays. Values are taken as they are: a
 * `${…}` in one is text.
 */
export function interpolate(text: string, lookup: (name: string) => string | undefined): Interpolated {
  const parts: Part[] = [];
  const faults: Fault[] = [];
  let literal = '';
  let from = 0;
  for (const found of text.matchAll(REFERENCE)) {
    literal += text.slice(from, found.index);
    from = found.index + found[0].length;
    const [, inside, close] = found;
    const value = inside === undefined ? '$' : reference(found[0], inside, close === '}', lookup);
    if (typeof value === 'string') {
      literal += value;
    } else if ('port' in value) {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(value);
    } else {
      faults.push(value);
    }
  }
  literal += text.slice(from);
  if (literal !== '') parts.push(literal);
  return { parts, faults };
}

function reference(
  text: string,
  inside: string,
  closed: boolean,
  lookup: (name: string) => string | undefined,
): string | PortPart | Fault {
  if (!closed) return { kind: 'malformed', text };
  const port = PORT.exec(inside);
  if (port !== null) return { port: port[1] ?? null };
  if (NAME.test(inside)) return lookup(inside) ?? { kind: 'unset', name: inside };
  const [, name, fallback] = WITH_DEFAULT.exec(inside) ?? [];
  if (name === undefined || fallback === undefined || fallback.includes('${')) {
    return { kind: 'malformed', text };
  }
  return lookup(name) || fallback;
}

/** Puts the home in place of a leading `~` or `~/`, as a shell does; `~user` stays. */
export function expandHome(text: string, home: string): string {
  return text === '~' || text.startsWith('~/') ? home + text.slice(1) : text;
}
