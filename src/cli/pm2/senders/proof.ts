import type { AppFacts } from '../facts/app-facts.ts';
import { type CanUse, certainNames, hidden, variableValue } from './claims.ts';
import type { VerifyRow } from './sender-row.ts';

/** Entries of `verify`: the variable of a secret by the name of its field, or true. */
export type Proofs = Readonly<Record<string, true | Readonly<Record<string, string>>>>;

/** What `verify` of a profile says of one sender. */
export interface Proof {
  /** Null if it cannot be written yet. */
  readonly fields: Proofs | null;
  /** The same as a text that the operator completes. */
  readonly text: string;
  /** What is missing, as a sentence; null for nothing. */
  readonly missing: string | null;
}

/** In place of a variable that the operator names. */
const UNKNOWN = `\${NAME}`;

/** The secret stays in the env_file: the config names its variable. Pure. */
export function proofOf(
  { entry, secret, needsPublicUrl }: VerifyRow,
  facts: AppFacts,
  canUse: CanUse,
  hasRoute: boolean,
): Proof {
  if (secret === undefined) {
    return { fields: hasRoute ? { [entry]: true } : null, text: `${entry}: true`, missing: null };
  }
  const { field, looksLike, where, ambiguous } = secret;
  const found = variableValue(certainNames(secret, facts), looksLike, facts, hidden(canUse));
  const maybe =
    found === null && ambiguous !== undefined
      ? variableValue([ambiguous.variables], looksLike, facts, hidden(canUse))
      : null;
  if (maybe !== null) {
    return {
      fields: null,
      text: `${entry}: { ${field}: "${maybe.text}" }`,
      missing: `Take its verify in if ${maybe.name} is ${where}: the name alone does not say so.`,
    };
  }
  const text = `${entry}: { ${field}: "${found?.text ?? UNKNOWN}" }`;
  if (found === null) {
    return {
      fields: null,
      text,
      missing: `For verify put ${where} into its env_file, and name the variable.`,
    };
  }
  if (needsPublicUrl === true) {
    return {
      fields: null,
      text,
      missing: 'Take its verify in once public_url is set: the sender signs that URL.',
    };
  }
  return { fields: { [entry]: { [field]: found.text } }, text, missing: null };
}
