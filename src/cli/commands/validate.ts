import type { ReloadResult } from '../../admin/reload-answer.ts';
import { longerBodies, longerBodiesAdvice, longerBodiesText } from '../../config/longer-bodies.ts';
import { profilePath, publicByProfilePathAlone } from '../../config/public-by-profile-path.ts';
import type { DeliveryMode, Plan, ProfilePlan } from '../../config/types.ts';
import { momentsOf } from '../../schedule/moments.ts';
import { momentText } from '../../schedule/time-zone.ts';
import { counted } from '../../util/counted.ts';
import { InvalidConfigError, loadPlan } from '../load-config.ts';
import { routeText, shownFields } from '../output/route-text.ts';
import { table } from '../output/text-table.ts';
import { print, printError, printJson } from '../print.ts';

/**
 * Checks the config and prints its profiles and routes; starts nothing. Profiles that are public by profile_paths alone,
 * and senders whose bodies may be longer than the limits, are named on stderr. Throws a CommandError (78) if the config is
 * invalid; with `json` its problems are printed too, in the shape of `gwproxy reload --json`.
 */
export async function validate(configFile: string, json: boolean): Promise<void> {
  const { plan } = await loadPlan(configFile).catch((error: unknown) => {
    if (json && error instanceof InvalidConfigError) printJson(refused(error), 2);
    throw error;
  });
  for (const notice of [...publicNotices(plan), ...bodyNotices(plan)]) printError(`warning: ${notice}`);
  if (json) printJson(summary(plan), 2);
  else print(text(plan));
}

function publicNotices(plan: Plan): readonly string[] {
  const listeners = new Map(plan.profiles.map((profile) => [profile.name, profile.listeners]));
  return publicByProfilePathAlone(plan).map((name) => {
    const open = (listeners.get(name) ?? []).filter(({ paths }) => paths.length > 0);
    const fields = open.map((listener) => `${listener.name}: { paths: [] }`).join(', ');
    return `${name}: public at ${profilePath(name)}/… by profile_paths alone, since it has no routes; write its routes, or listeners: { ${fields} } to keep it private`;
  });
}

function bodyNotices(plan: Plan): readonly string[] {
  return longerBodies(plan).map((one) => `${longerBodiesText(one)}; ${longerBodiesAdvice(one)}`);
}

function refused({ problems }: InvalidConfigError): ReloadResult {
  return { ok: false, problems };
}

/** The plan without the gateways' environments and the secret fields of routes. */
function summary(plan: Plan): object {
  return {
    listen: plan.listen,
    public_url: plan.publicUrl?.href ?? null,
    profiles: plan.profiles.map((profile) => ({
      name: profile.name,
      program: program(profile),
      start: profile.start,
      listeners: profile.listeners.map(({ name, host, port, paths, addPrefix }) => ({
        name,
        host,
        port,
        paths,
        add_prefix: addPrefix,
      })),
      verify: verified(profile),
      delivery: delivery(profile),
      schedule: scheduleSummary(profile),
    })),
    routes: plan.routes.map((route) => ({
      profile: route.profile,
      platform: route.key?.platform ?? null,
      fields: shownFields(route),
      host: route.host,
      path: route.path === '' ? '/' : route.path,
      strip_prefix: route.stripPrefix,
      fallback: route.fallback,
      fan_out: route.fanOut,
      unverified: route.unverified,
    })),
  };
}

/** The program's name without its arguments, which may hold secrets. */
function program(profile: ProfilePlan): string | null {
  if (profile.launch.kind === 'url') return null;
  return profile.launch.command[0].map((part) => (typeof part === 'string' ? part : 'PORT')).join('');
}

/** The senders that the profile verifies, by their config keys. */
function verified({ verify }: ProfilePlan): readonly string[] {
  if (verify === null) return [];
  const { botFramework, ...others } = verify;
  const named = { bot_framework: botFramework, ...others };
  return Object.entries(named).flatMap(([sender, rules]) => (rules === null ? [] : [sender]));
}

/** Unverified requests are never spooled, whatever `delivery` says. */
function delivery({ verify, delivery: mode }: ProfilePlan): DeliveryMode {
  return verify === null ? 'direct' : mode;
}

function scheduleSummary({ schedule }: ProfilePlan): object | null {
  if (schedule === null) return null;
  const next = momentsOf(schedule)(Date.now());
  return { ...schedule, next_at: next === null ? null : new Date(next).toISOString() };
}

/** A table of what happens when; empty if nothing does. */
function schedules({ profiles }: Plan): readonly string[] {
  const rows = profiles.flatMap(({ name, schedule }) => {
    if (schedule === null) return [];
    const next = momentsOf(schedule)(Date.now());
    const shown = next === null ? 'never' : momentText(next, schedule.timezone);
    return [[`${schedule.action} at ${schedule.pattern}`, '->', name, shown]];
  });
  return rows.length === 0 ? [] : ['', table([['SCHEDULE', '', 'PROFILE', 'NEXT'], ...rows])];
}

function text(plan: Plan): string {
  const profiles = plan.profiles.map((profile) => [
    profile.name,
    program(profile) ?? 'run elsewhere',
    profile.listeners.map(({ name, port, addPrefix }) => `${name}:${port}${addPrefix}`).join(' ') || '-',
    profile.start,
    verified(profile).join(', ') || '-',
    profile.listeners.length === 0 ? '-' : delivery(profile),
  ]);
  const routes = plan.routes.map((route) => [routeText(route), '->', route.profile]);
  return [
    `the config is valid: ${counted(plan.profiles.length, 'profile')}, ${counted(plan.routes.length, 'route')}, ` +
      `listening on ${plan.listen.host}:${plan.listen.port}`,
    '',
    table([['PROFILE', 'PROGRAM', 'LISTENERS', 'START', 'VERIFY', 'DELIVERY'], ...profiles]),
    '',
    table([['ROUTE', '', 'PROFILE'], ...routes]),
    ...schedules(plan),
  ].join('\n');
}
