import { profileChange, sameListeners } from './profile-diff.ts';
import type { Plan, ProfilePlan } from './types.ts';

/**
 * What of a changed plan may be applied without restarting or ending any gateway: a plan between the two. A profile
 * whose gateway would restart keeps its launch and its ports, and so do its probes, which were made for them; one
 * that was removed runs on without routes; an added one waits while another holds its port or its log file. All
 * the rest is as in `after`, but for `listen`, which only a new gwproxy can follow. Pure.
 */
export function safePart(before: Plan, after: Plan): Plan {
  const old = new Map(before.profiles.map((profile) => [profile.name, profile]));
  const names = new Set(after.profiles.map(({ name }) => name));
  const leftOver = before.profiles.filter(
    ({ name, launch }) => !names.has(name) && launch.kind === 'command',
  );
  const staying = after.profiles.flatMap((profile): readonly ProfilePlan[] => {
    const from = old.get(profile.name);
    return from === undefined || begins(from, profile) ? [] : [kept(from, profile)];
  });
  const settled = [...withFreeLogFiles(staying, leftOver, old), ...leftOver];
  const chosen = new Map(settled.map((profile) => [profile.name, profile]));
  const door = before.listen.port === after.listen.port ? [] : [before.listen.port];
  for (const profile of after.profiles) {
    if (chosen.has(profile.name)) continue;
    const from = old.get(profile.name);
    const choice = hasRoom(profile, settled, door) ? profile : from;
    if (choice !== undefined) chosen.set(profile.name, choice);
  }
  const inOrder = after.profiles.flatMap(({ name }) => chosen.get(name) ?? []);
  return {
    ...after,
    listen: before.listen,
    profiles: [...inOrder, ...leftOver],
    routes: after.routes.filter(({ profile }) => chosen.has(profile)),
  };
}

/** Run elsewhere until now: to begin with it here ends nothing. */
function begins(from: ProfilePlan, to: ProfilePlan): boolean {
  return from.launch.kind === 'url' && to.launch.kind === 'command';
}

function kept(from: ProfilePlan, to: ProfilePlan): ProfilePlan {
  if (from.launch.kind !== to.launch.kind) return from;
  if (profileChange(from, to, false)?.how !== 'restart') return to;
  return {
    ...to,
    launch: from.launch,
    start: from.start,
    after: from.after,
    listeners: sameListeners(from, to)
      ? from.listeners.map((listener) => ({ ...listener, paths: pathsOf(to, listener.name) }))
      : from.listeners,
  };
}

function pathsOf({ listeners }: ProfilePlan, name: string): readonly string[] {
  return listeners.find((listener) => listener.name === name)?.paths ?? [];
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
