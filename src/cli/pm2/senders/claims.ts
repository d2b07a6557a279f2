import type { AppFacts, AppVariable } from '../facts/app-facts.ts';
import { comparable, type RecognisedSender } from './recognise.ts';
import type { IdRow, RouteRow } from './sender-row.ts';

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

function claimOf(
  route: RouteRow,
  { field, variables, looksLike, isSecret }: IdRow,
  facts: AppFacts,
  canUse: CanUse,
): readonly Claim[] {
  const found = variableValue(variables, looksLike, facts, isSecret === true ? hidden(canUse) : canUse);
  if (found === null) return [];
  // Of a GUID neither case nor braces count.
  const identity = JSON.stringify([route.platform, field, found.raw.toLowerCase().replace(/[{}]/g, '')]);
  return [{ route, field, value: found.text, name: found.name, identity }];
}

/** The claims of which each is in more than one app: nobody but the operator knows whose requests these are. Pure. */
export function claimedTwice(apps: readonly (readonly Claim[])[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const claims of apps) {
    for (const { identity } of claims) (seen.has(identity) ? twice : seen).add(identity);
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

/** The one value that variables of that name have; null if there is none, or there are several. Pure. */
export function variableValue(
  names: RegExp,
  looksLike: RegExp,
  { variables }: Pick<AppFacts, 'variables'>,
  canUse: CanUse,
): FoundValue | null {
  const found = [...variables].filter(
    ([name, { value, place }]) =>
      names.test(comparable(name)) && looksLike.test(value) && REFERABLE.test(name) && canUse(place),
  );
  const [first] = found;
  if (first === undefined || found.some(([, { value }]) => value !== first[1].value)) return null;
  const [name, { value, place }] = first;
  return { name, text: place === 'config' ? value.replaceAll('$', '$$$$') : `\${${name}}`, raw: value };
}
