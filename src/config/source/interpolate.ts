/** A reference to a listener's port; null is the gateway's only listener. */
export interface PortPart {
  readonly port: string | null;
}

export type Part = string | PortPart;

/** The text without references; null if a port is among its parts. */
export function literalText(parts: readonly Part[]): string | null {
  const texts = parts.filter((part) => typeof part === 'string');
  return texts.length === parts.length ? texts.join('') : null;
}

export type Fault =
  /** `${NAME}` with no value and no default. */
  | { readonly kind: 'unset'; readonly name: string }
  /** A `${` that is not followed by a name, a name with a default, or a port. `text` is as written. */
  | { readonly kind: 'malformed'; readonly text: string };

export interface Interpolated {
  /** No two texts are adjacent, and none is empty. */
  readonly parts: readonly Part[];
  readonly faults: readonly Fault[];
}

const REFERENCE = /\$(?:\$|\{([^}]*)(\}?))/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WITH_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*):-([\s\S]*)$/;
const PORT = /^port(?:\.([A-Za-z0-9_-]+))?$/;

/**
 * Replaces `${NAME}`, `${NAME:-default}` (the default applies to an unset or, as in a shell, empty variable) and `$$`.
 * `${port}` and `${port.NAME}` become parts. Any other `$` stays. A `${…}` in a variable's value is literal.
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

/** Replaces a leading `~` or `~/` by the home folder, as a shell does. `~user` stays. */
export function expandHome(text: string, home: string): string {
  return text === '~' || text.startsWith('~/') ? home + text.slice(1) : text;
}
