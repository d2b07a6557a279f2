import type { AppFacts, AppVariable } from '../facts/app-facts.ts';
import { comparable, type RecognisedSender } from './recognise.ts';
import type { IdRow, Names, RouteRow } from './sender-row.ts';

/** A route that an app's own variables name. */
export interface Claim {
  readonly route: RouteRow;
  readonly field: string;
  /** As the config spells it. */
  readonly value: string;
  /** The variable. */
  readonly name: string;
  /** Equal for two claims of the same requests. Holds the value itself, so it is never printed. */
  readonly identity: string;
}

/** The routes of an app to those senders that call it by HTTP. Pure. */
export function claimsOf(
  senders: readonly RecognisedSender[],
  facts: AppFacts,
  canUse: CanUse,
): readonly Claim[] {
  return senders.flatMap(({ row: { route }, way }) =>
    route === undefined || way !== 'webhook'
      ? []
      : route.ids.flatMap((id) => claimOf(route, id, facts, canUse)),
  );
}

function claimOf(route: RouteRow, id: IdRow, facts: AppFacts, canUse: CanUse): readonly Claim[] {
  const { field, looksLike, isSecret } = id;
  const names = certainNames(id, facts);
  const found = variableValue(names, looksLike, facts, isSecret === true ? hidden(canUse) : canUse);
  if (found === null) return [];
  const identity = identityOf(route, field, found.raw);
  return [{ route, field, value: found.text, name: found.name, identity }];
}

/** Of a GUID neither case nor braces count. */
function identityOf({ platform }: RouteRow, field: string, value: string): string {
  return JSON.stringify([platform, field, value.toLowerCase().replace(/[{}]/g, '')]);
}

/** Whatever an app may claim, also where it gets no route by it: because of its .env, or since it may only send. Pure. */
export function identitiesOf(senders: readonly RecognisedSender[], facts: AppFacts): ReadonlySet<string> {
  const found = senders.flatMap(({ row: { route }, way }) =>
    route === undefined || way === 'connection'
      ? []
      : route.ids.flatMap(({ field, variables, ambiguous, looksLike }) =>
          [...facts.variables]
            .filter(
              ([name, { value }]) =>
                looksLike.test(value) &&
                (variables.test(comparable(name)) || ambiguous?.variables.test(comparable(name)) === true),
            )
            .map(([, { value }]) => identityOf(route, field, value)),
        ),
  );
  return new Set(found);
}

/** The names that mean this and nothing else, as far as the script's text tells. Pure. */
export function certainNames({ variables, ambiguous }: Names, { script }: AppFacts): readonly RegExp[] {
  const isSaid = ambiguous?.unless?.test(script?.text ?? '') === true;
  return ambiguous === undefined || !isSaid ? [variables] : [variables, ambiguous.variables];
}

/** What more than one app may claim: nobody but the operator knows whose requests these are. Pure. */
export function claimedTwice(apps: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const identities of apps) {
    for (const identity of identities) (seen.has(identity) ? twice : seen).add(identity);
  }
  return twice;
}

/** Whether the config can refer to a variable in that place. */
export type CanUse = (place: AppVariable['place']) => boolean;

/** The same for a secret, which is in an env_file or not in the config at all. */
export function hidden(canUse: CanUse): CanUse {
  return (place) => place !== 'config' && canUse(place);
}

export interface FoundValue {
  readonly name: string;
  /** As the config spells it: the value itself, or `${NAME}` if it is in an env_file. */
  readonly text: string;
  readonly raw: string;
}

/** The names that `${NAME}` may hold. */
const REFERABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A variable of a second id or secret of the same kind: `_2`, `2`, `_B`. */
const SECOND = /_?\d{1,3}$|_[A-Za-z]$/;

/**
 * The one value that variables of these names have; null if there is none, or there are several, also where the others have
 * a suffix such as `_2`. Pure.
 */
export function variableValue(
  names: readonly RegExp[],
  looksLike: RegExp,
  { variables }: Pick<AppFacts, 'variables'>,
  canUse: CanUse,
): FoundValue | null {
  const isOne = (name: string) => names.some((pattern) => pattern.test(comparable(name)));
  const found = [...variables].filter(
    ([name, { value, place }]) =>
      isOne(name) && looksLike.test(value) && REFERABLE.test(name) && canUse(place),
  );
  const [first] = found;
  if (first === undefined || found.some(([, { value }]) => value !== first[1].value)) return null;
  const [name, { value, place }] = first;
  const hasSecond = [...variables].some(
    ([other, one]) =>
      SECOND.test(other) &&
      !isOne(other) &&
      isOne(other.replace(SECOND, '')) &&
      !['', value].includes(one.value),
  );
  if (hasSecond) return null;
  return { name, text: place === 'config' ? value.replaceAll('$', '$$$$') : `\${${name}}`, raw: value };
}
