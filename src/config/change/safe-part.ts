import type { Route } from '../../routing/route.ts';
import { groupBy } from '../../routing/table/group-by.ts';
import type { Plan, ProfilePlan } from '../types.ts';
import { type HeldBack, heldBack } from './held-back.ts';
import { profileChange } from './profile-diff.ts';

/**
 * What of a changed plan may be applied without restarting or ending any gateway: a plan between the two. A profile
 * whose gateway would restart keeps its launch and its listeners; one that was removed runs on; an added one waits
 * while another holds its port or its log file. What reaches a gateway belongs with what it was started as: routes,
 * paths and rules of whoever keeps its launch are kept with it, and so is what they cannot be told apart from
 * (heldBack). All the rest is as in `after`, but for `listen`, which only a new gwproxy can follow. Pure.
 */
export function safePart(before: Plan, after: Plan): Plan {
  const old = new Map(before.profiles.map((profile) => [profile.name, profile]));
  const names = new Set(after.profiles.map(({ name }) => name));
  const removed = before.profiles.filter(({ name }) => !names.has(name));
  const leftOver = removed.filter(({ launch }) => launch.kind === 'command');
  const chosen = choose(before, after, old, leftOver);
  const waiting = [
    ...leftOver,
    ...after.profiles.filter((profile) => !isLaunchedAs(chosen.get(profile.name), profile)),
  ];
  const held = heldBack(before.routes, after.routes, new Set(waiting.map(({ name }) => name)));
  const profiles = [
    ...after.profiles.flatMap(({ name }) => {
      const profile = chosen.get(name);
      const from = held.profiles.has(name) ? old.get(name) : undefined;
      return profile === undefined ? [] : [from === undefined ? profile : reachedAs(from, profile)];
    }),
    ...removed.filter((profile) => leftOver.includes(profile) || held.profiles.has(profile.name)),
  ];
  const routes = routesOf(before, after, held);
  return {
    ...after,
    listen: before.listen,
    profiles,
    routes: profiles.flatMap(({ name }) => routes(name)),
  };
}

/** By name, what each profile of `after` is launched as for now; without those that wait. */
function choose(
  before: Plan,
  after: Plan,
  old: ReadonlyMap<string, ProfilePlan>,
  leftOver: readonly ProfilePlan[],
): ReadonlyMap<string, ProfilePlan> {
  const staying = after.profiles.flatMap((profile): readonly ProfilePlan[] => {
    const from = old.get(profile.name);
    return from === undefined || begins(from, profile) ? [] : [kept(from, profile)];
  });
  const free = withFreeLogFiles(staying, leftOver, old);
  const settled = [...free, ...leftOver];
  const chosen = new Map(free.map((profile) => [profile.name, profile]));
  const door = before.listen.port === after.listen.port ? [] : [before.listen.port];
  for (const profile of after.profiles) {
    if (chosen.has(profile.name)) continue;
    const choice = hasRoom(profile, settled, door) ? profile : old.get(profile.name);
    if (choice !== undefined) chosen.set(profile.name, choice);
  }
  return chosen;
}

/** Run elsewhere until now: to begin with it here ends nothing. */
function begins(from: ProfilePlan, to: ProfilePlan): boolean {
  return from.launch.kind === 'url' && to.launch.kind === 'command';
}

function kept(from: ProfilePlan, to: ProfilePlan): ProfilePlan {
  if (from.launch.kind !== to.launch.kind) return from;
  if (profileChange(from, to, false)?.how !== 'restart') return to;
  const { launch, start, after, listeners } = from;
  return { ...to, launch, start, after, listeners };
}

function isLaunchedAs(chosen: ProfilePlan | undefined, profile: ProfilePlan): boolean {
  if (chosen === undefined || chosen.launch.kind !== profile.launch.kind) return false;
  return profileChange(chosen, profile, false)?.how !== 'restart';
}

/** With all that decides what reaches it as it was; where it was run elsewhere, it goes on there. */
function reachedAs(from: ProfilePlan, to: ProfilePlan): ProfilePlan {
  if (begins(from, to)) return from;
  const { listeners, verify, delivery } = from;
  return { ...to, listeners, verify, delivery };
}

function routesOf(before: Plan, after: Plan, held: HeldBack): (name: string) => readonly Route[] {
  const old = groupBy(before.routes, ({ profile }) => profile);
  const free = groupBy(
    after.routes.filter((route) => !held.routes.has(route)),
    ({ profile }) => profile,
  );
  return (name) => (held.profiles.has(name) ? old : free).get(name) ?? [];
}

/** Those that stay keep their old log files, all of them, where one of the new is still written by another. */
function withFreeLogFiles(
  staying: readonly ProfilePlan[],
  leftOver: readonly ProfilePlan[],
  old: ReadonlyMap<string, ProfilePlan>,
): readonly ProfilePlan[] {
  const asBefore = [...leftOver, ...staying.filter((profile) => profile === old.get(profile.name))];
  const free = staying.every((profile) =>
    asBefore.every((other) => other.name === profile.name || hasOtherLogFile(profile, other)),
  );
  if (free) return staying;
  return staying.map((profile) => ({ ...profile, logFile: old.get(profile.name)?.logFile ?? null }));
}

function hasRoom(profile: ProfilePlan, others: readonly ProfilePlan[], taken: readonly number[]): boolean {
  const ports = new Set<number | 'auto'>([...taken, ...others.flatMap(portsOf)]);
  if (portsOf(profile).some((port) => ports.has(port))) return false;
  return others.every((other) => hasOtherLogFile(profile, other));
}

function hasOtherLogFile(one: ProfilePlan, other: ProfilePlan): boolean {
  return one.logFile === null || one.logFile !== other.logFile;
}

/** Those that it listens on itself. */
function portsOf({ launch, listeners }: ProfilePlan): readonly number[] {
  if (launch.kind === 'url') return [];
  return listeners.flatMap(({ port }) => (port === 'auto' ? [] : [port]));
}
