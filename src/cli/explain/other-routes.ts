import { hostName } from '../../routing/host.ts';
import type { RequestHead } from '../../routing/platform.ts';
import { platforms } from '../../routing/platforms/index.ts';
import type { Attributes, PlatformName, Route } from '../../routing/route.ts';
import { matchesPrefix } from '../../routing/target-path.ts';
import { fieldName, isSecret, yamlText } from '../output/route-text.ts';

/** A route that did not get the request, and why. */
export interface OtherRoute {
  readonly route: Route;
  readonly why: string;
}

/** The routes that match the request too, but less specifically than the winner. */
export function beatenRoutes(
  winner: Route,
  routes: readonly Route[],
  head: RequestHead,
  attributes: Attributes | null,
): readonly OtherRoute[] {
  return routes
    .filter(
      (route) =>
        route.source !== winner.source &&
        isInScope(route, head) &&
        mismatches(route, attributes).length === 0,
    )
    .map((route) => ({ route, why: whyBeaten(winner, route, attributes) }));
}

/** The route of the same sender with the most fields in common with the request. */
export function nearestRoute(
  routes: readonly Route[],
  head: RequestHead,
  attributes: Attributes,
): OtherRoute | undefined {
  let nearest: (OtherRoute & { readonly score: number }) | undefined;
  for (const route of routes) {
    if (route.key?.platform !== attributes.platform) continue;
    const missing = mismatches(route, attributes);
    const outside = isInScope(route, head) ? [] : [`it is for ${scopeText(route)}`];
    const score = Object.keys(route.key.fields).length - 2 * missing.length - outside.length;
    if (nearest !== undefined && nearest.score >= score) continue;
    nearest = { route, why: [...missing, ...outside].join('; '), score };
  }
  return nearest;
}

function isInScope(route: Route, head: RequestHead): boolean {
  return (route.host === null || route.host === hostName(head.host)) && matchesPrefix(head.path, route.path);
}

/** Each field of the route that the request does not match, as text; empty if all match. */
function mismatches({ key }: Route, attributes: Attributes | null): readonly string[] {
  if (key === null) return [];
  if (attributes === null || key.platform !== attributes.platform) return ['it is for another sender'];
  return Object.entries(key.fields).flatMap(([field, values]) => {
    const value = attributes.fields[field];
    if (value !== undefined && values.includes(value)) return [];
    return [mismatch(key.platform, field, values, value)];
  });
}

function mismatch(
  platform: PlatformName,
  field: string,
  values: readonly string[],
  value: string | undefined,
): string {
  const name = fieldName(field);
  if (isSecret(platform, field)) {
    return value === undefined
      ? `it requires ${name}, which the request does not have`
      : `it requires another ${name}`;
  }
  const asked = `it requires ${name} ${values.map(yamlText).join(' or ')}`;
  return value === undefined
    ? `${asked}, and the request has none`
    : `${asked}, and the request has ${yamlText(value)}`;
}

function whyBeaten(winner: Route, { key, host, path }: Route, attributes: Attributes | null): string {
  if (host !== winner.host) return 'it names no host';
  if (path !== winner.path) return 'its path is shorter';
  if (winner.key === null || key === null)
    return "a route with a sender's key comes before one with host and path alone";
  const own = attributes?.own;
  const names = Object.keys(key.fields);
  const winning = Object.keys(winner.key.fields);
  if (own !== undefined && !names.some((name) => own.includes(name))) {
    return `it names none of ${own.join(', ')}, which identify the bot itself`;
  }
  if (names.length !== winning.length) return 'it names fewer fields';
  const order = platforms.find(({ name }) => name === key.platform)?.fields ?? [...winning].sort();
  const first = order.find((field) => winning.includes(field) && !names.includes(field));
  return first === undefined ? 'its fields come later' : `${fieldName(first)} comes before its fields`;
}

function scopeText({ host, path }: Route): string {
  return [...(host === null ? [] : [`host ${host}`]), ...(path === '' ? [] : [`path ${path}`])].join(', ');
}
