import { hasSecretShape, isSecretName } from '../../util/secret.ts';

/** A shorter value of a variable may occur in a line by chance. */
const SHORTEST_SECRET = 6;
/** Characters of a secret that give it away: a longer one may be cut. */
const TELLING_LENGTH = 40;

// Names match from the beginning of a word alone, and values are looked at in part: a run of letters would else be read
// again from each of them.

/** A name with a value: `TOKEN=x`, `"token": "x"`. */
const ASSIGNMENT = /(?<![\w-])([\w-]+)["']?\s*=\s*[^\s=]|"([\w-]+)"\s*:\s*"[^"]/g;
/** A name with what may be a value or prose: `token: x1`, `KeyError: 'TOKEN'`, `Unexpected token: }`. */
const LABEL = /(?<![\w-])[\d-]*([A-Za-z_][\w-]*)\s*:\s*(?=(["']?)([^\s"',;}]{1,40}))/g;

/**
 * The values of an environment that are secret: of the variables in `secret`, and of those that are named like one. Pure.
 */
export function secretValues(
  env: Readonly<Record<string, string>>,
  secret: ReadonlySet<string>,
): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    secret.has(name) || isSecretName(name) ? [value] : [],
  );
}

/**
 * Whether a line of output may hold a secret: the shape of one, a value for a secret's name, or one line of one of
 * `secrets`. It guesses on the safe side, in time in proportion to the line. Pure.
 */
export function mayHoldSecret(line: string, secrets: readonly string[]): boolean {
  if (hasSecretShape(line)) return true;
  for (const [, name, quoted] of line.matchAll(ASSIGNMENT)) {
    if (isSecretName(name ?? quoted ?? '')) return true;
  }
  for (const [, name = '', quote, value = ''] of line.matchAll(LABEL)) {
    const isError = /(?:error|exception)$/i.test(name);
    const isValue = quote !== '' || /\d|.{40}/.test(value) || /passw|authorization/i.test(name);
    if (isValue && !isError && isSecretName(name)) return true;
  }
  return secrets.some((secret) => hasPartOf(line, secret));
}

/** Whether a line of a secret, or the beginning of a long one, stands in the text. */
function hasPartOf(text: string, secret: string): boolean {
  return secret
    .split('\n')
    .map((part) => part.trim().slice(0, TELLING_LENGTH))
    .some((part) => part.length >= SHORTEST_SECRET && text.includes(part));
}
