import { hasSecretShape, isSecretName } from '../util/secret.ts';

/** The config's own words that only sound like secrets: a listener is often called `webhook`. */
const NO_SECRET = /^(?:webhooks?|keys|token_keys)$/;
/** The key that a line begins with. */
const KEY = /^\s*(?:- +)*["']?([\w.-]+)["']?\s*[:=]/;
/** What a reference with a default, or one that is not a valid reference, shows: its name. */
const REFERENCE = /\$\{[^}:"']*\}|\$\{(?:[A-Za-z_]\w*:-)?/;
const FLOW_KEY = /(?<=[{,]\s*)["']?[A-Za-z_][\w.-]*["']?:(?=\s|$)/;
const LINE_KEY = /^\s*(?:- +)*["']?[A-Za-z_][\w.-]*["']?:(?=\s|$)/;
const STARRED = /[^\s,"'[\]{}]/;
/** A value that is a reference and nothing else: it says where the secret comes from, and not what it is. */
const ONLY_REFERENCE = /^["']?\$\{[^}:"']*\}["']?(?=[\s,\]}]|$)/;
/** Lines above that are searched for the key that a line belongs to: no private key is longer. */
const MOST_LINES = 200;

/**
 * A line of a config (the last one of `lines`) with stars for what may be a secret: what stands behind a secret's name,
 * the lines below a secret's key, and every value of a line that holds something in the shape of a known secret. Keys and
 * the names of references stay. It has the length of the line. Pure.
 */
export function maskSecrets(lines: readonly string[]): string {
  const line = lines.at(-1) ?? '';
  if (!KEY.test(line) && continuesSecret(lines)) return stars(line);
  if (hasSecretShape(line)) return stars(line, LINE_KEY, FLOW_KEY);
  const at = secretIn(line);
  if (at === undefined) return line;
  const isFlow = /[{[]/.test(line.slice(0, at));
  return line.slice(0, at) + stars(line.slice(at), ...(isFlow ? [FLOW_KEY] : []));
}

/** Whether the line of `text` that holds `offset` may hold a secret, so that no message may repeat it. Pure. */
export function mayHoldSecret(text: string, offset = 0): boolean {
  const end = text.indexOf('\n', offset);
  const lines = text.slice(0, end === -1 ? text.length : end).split('\n');
  return maskSecrets(lines) !== lines.at(-1);
}

/** Every character starred but white space, punctuation of YAML, names in references, and what `kept` matches. */
export function stars(text: string, ...kept: readonly RegExp[]): string {
  const shown = [REFERENCE, ...kept].map(({ source }) => source).join('|');
  return text.replace(new RegExp(`(${shown})|${STARRED.source}`, 'g'), (_, same?: string) => {
    if (same === undefined) return '*';
    return hasSecretShape(same) ? '*'.repeat(same.length) : same;
  });
}

/** Where the value of the first secret of a line begins. */
function secretIn(line: string): number | undefined {
  for (const { 0: name, index } of line.matchAll(/[A-Za-z_][\w-]*/g)) {
    if (!isSecretKey(name)) continue;
    const before = line.slice(0, index);
    const rest = line.slice(index + name.length);
    // `--token x` of a command, and `TOKEN x` in a line that lacks its colon.
    const isAlone = before.endsWith('-') || /^\s*(?:- +)*$/.test(before);
    const [separator] = (isAlone ? /^["']?(?:\s*[:=]|[\s,]+)["'\s]*/ : /^["']?\s*[:=]\s*/).exec(rest) ?? [];
    if (separator === undefined || ONLY_REFERENCE.test(rest.slice(separator.trimEnd().length).trimStart()))
      continue;
    return index + name.length + separator.length;
  }
  return undefined;
}

/** Whether the last line, which has no key, continues the value of a secret: the key is in one of the lines above. */
function continuesSecret(lines: readonly string[]): boolean {
  const above = lines
    .slice(-MOST_LINES, -1)
    .findLast((line) => KEY.test(line) || line.includes('-----BEGIN'));
  if (above === undefined) return false;
  return above.includes('-----BEGIN') || isSecretKey(KEY.exec(above)?.[1] ?? '');
}

function isSecretKey(name: string): boolean {
  return (isSecretName(name) || name === 'client_state') && !NO_SECRET.test(name);
}
