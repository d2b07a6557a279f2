import type { PlatformName, Route } from '../routing/route.ts';
import { matchesPrefix } from '../routing/target-path.ts';

/** The path that a sender's own SDK or samples serve by default, for those that have one. */
const USUAL_PATHS: Readonly<Partial<Record<PlatformName, string>>> = {
  'bot-framework': '/api/messages',
  // bolt-js and bolt-python serve events, interactions and commands here.
  slack: '/slack/events',
  discord: '/interactions',
  // octokit/webhooks.js, createNodeMiddleware.
  github: '/api/github/webhooks',
};

/** A path that a sender is given, and the same as the gateway sees it. */
export interface PublicPath {
  readonly path: string;
  readonly inside: string;
}

/**
 * The public paths of a route to listeners with these path prefixes: the sender's usual path if a listener serves it,
 * else each prefix that a listener serves within the route's own path. Empty if the route leads to no listener. Pure.
 */
export function publicPaths(
  prefixes: readonly string[],
  { key, path, stripPrefix }: Pick<Route, 'key' | 'path' | 'stripPrefix'>,
): readonly PublicPath[] {
  const usual = key === null ? undefined : USUAL_PATHS[key.platform];
  const served = (target: string): boolean => prefixes.some((prefix) => matchesPrefix(target, prefix));
  const candidates = usual !== undefined && served(usual) ? [usual] : prefixes;
  if (stripPrefix) {
    return candidates.map((inside) => ({ path: path + (inside === '/' ? '/' : inside), inside }));
  }
  const within = candidates.filter((inside) => matchesPrefix(inside, path));
  const plain = within.length === 0 && path !== '' && served(path) ? [path] : within;
  return plain.map((inside) => ({ path: inside, inside }));
}
