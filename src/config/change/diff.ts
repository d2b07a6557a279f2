import { isDeepStrictEqual } from 'node:util';
import type { Route } from '../../routing/route.ts';
import type { Plan, PlanDiff, ProfilePlan } from '../types.ts';
import { fieldsThatDiffer, kindOf, profileChange } from './profile-diff.ts';

/** Compares two plans. Places in the config and the order of profiles are ignored. Pure. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const old = new Map(before.profiles.map((profile) => [profile.name, profile]));
  const common = after.profiles.flatMap((to): readonly (readonly [ProfilePlan, ProfilePlan])[] => {
    const from = old.get(to.name);
    return from === undefined ? [] : [[from, to]];
  });
  const names = new Set(after.profiles.map(({ name }) => name));
  return {
    added: after.profiles.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    removed: before.profiles.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    replaced: common.filter(([from, to]) => kindOf(from) !== kindOf(to)).map(([, to]) => to.name),
    changed: common.flatMap(([from, to]) => {
      if (kindOf(from) !== kindOf(to)) return [];
      const same = sameRoutes(routesOf(before, to.name), routesOf(after, to.name));
      const change = profileChange(from, to, !same);
      return change === null ? [] : [change];
    }),
    settings: settingsThatDiffer(before, after),
    listen: !isDeepStrictEqual(before.listen, after.listen),
  };
}

/** One line for each change, for the operator: `standup-bot: restarts (command, env.LANG)`. */
export function linesOf(diff: PlanDiff): readonly string[] {
  return [
    ...diff.added.map((name) => `${name}: added`),
    ...diff.removed.map((name) => `${name}: removed`),
    ...diff.replaced.map((name) => `${name}: replaced (command, url or run)`),
    ...diff.changed.map(({ profile, how, fields }) => `${profile}: ${WORDS[how]} (${fields.join(', ')})`),
    ...diff.settings.map((setting) => `${setting}: changed`),
    ...(diff.listen ? [LISTEN_CHANGED] : []),
  ];
}

/** The line of a changed `listen`, which no reload can apply. */
export const LISTEN_CHANGED = 'listen: needs a new `gwproxy up`';

const WORDS = { update: 'changed', restart: 'restarts', move: 'moved' } as const;

/** Whether two lists of routes are equal, apart from their places in the config. */
export function sameRoutes(before: readonly Route[], after: readonly Route[]): boolean {
  return before === after || isDeepStrictEqual(before.map(withoutSource), after.map(withoutSource));
}

/** `plan` with the routes array of `known` if both are equal, since the door recognises a change by identity. */
export function reuseRoutes(plan: Plan, known: Plan): Plan {
  return sameRoutes(known.routes, plan.routes) ? { ...plan, routes: known.routes } : plan;
}

function withoutSource({ source: _, ...route }: Route): Omit<Route, 'source'> {
  return route;
}

function routesOf({ routes }: Plan, name: string): readonly Route[] {
  return routes.filter(({ profile }) => profile === name);
}

function settingsThatDiffer(before: Plan, after: Plan): readonly string[] {
  return [
    ...fieldsThatDiffer(before.limits, after.limits).map((field) => `limits.${field}`),
    ...(isDeepStrictEqual(before.publicUrl, after.publicUrl) ? [] : ['public_url']),
    ...fieldsThatDiffer(before.logs, after.logs).map((field) => `logs.${field}`),
    ...(before.watch === after.watch ? [] : ['watch']),
    ...(before.startConcurrency === after.startConcurrency ? [] : ['start_concurrency']),
  ];
}
