import { platforms } from '../routing/platforms/index.ts';
import { longestBody } from '../routing/sender.ts';
import type { Plan } from './types.ts';

/** A sender that may send a longer body than the config takes. Sizes in bytes. */
export interface LongerBodies {
  /** The sender's key in the config. */
  readonly sender: string;
  /** The profiles with routes for it, in the config's order. */
  readonly profiles: readonly string[];
  /** What its vendor documents. */
  readonly documented: number;
  readonly limit: number;
  /** The limit of the config that is too low. */
  readonly field: 'body' | 'buffered' | 'streamed';
}

/**
 * The senders that have routes and whose vendor documents longer bodies than the config takes. A body is streamed if the
 * routes ask only for fields of the head and the profile verifies nothing, else read into memory. Pure.
 */
export function longerBodies({
  profiles,
  routes,
  limits,
}: Pick<Plan, 'profiles' | 'routes' | 'limits'>): readonly LongerBodies[] {
  const verifying = new Set(profiles.filter(({ verify }) => verify !== null).map(({ name }) => name));
  return platforms.flatMap((platform): readonly LongerBodies[] => {
    const { configKey, longestBody: documented } = platform;
    if (configKey === null || documented === undefined) return [];
    const own = routes.filter(({ key }) => key?.platform === platform.name);
    const read = longestBody(limits, [platform]);
    const isRead = ({ key, profile }: (typeof own)[number]): boolean =>
      verifying.has(profile) ||
      Object.keys(key?.fields ?? {}).some((field) => !platform.headFields.includes(field));
    const inMemory = documented > read ? own.filter(isRead) : [];
    const streamed = documented > limits.streamed ? own.filter((route) => !isRead(route)) : [];
    const fault = (
      field: LongerBodies['field'],
      limit: number,
      at: Plan['routes'],
    ): readonly LongerBodies[] =>
      at.length === 0 ? [] : [{ sender: configKey, profiles: namesOf(at), documented, limit, field }];
    return [
      ...fault(limits.body === null ? 'buffered' : 'body', read, inMemory),
      ...fault('streamed', limits.streamed, streamed),
    ];
  });
}

function namesOf(routes: Plan['routes']): readonly string[] {
  return [...new Set(routes.map(({ profile }) => profile))];
}

/** What is too short for whom, for a person. */
export function longerBodiesText({ sender, profiles, documented, limit, field }: LongerBodies): string {
  return `${profiles.join(', ')}: ${sender} sends bodies of up to ${size(documented)}, and limits.${field} takes ${size(limit)}; longer ones are refused (413)`;
}

/** What to write for that. */
export function longerBodiesAdvice({ documented, field }: LongerBodies): string {
  const raise = `limits: { ${field}: ${size(documented)} }`;
  return field === 'body' ? `remove limits.body, or write ${raise}` : `write ${raise}`;
}

function size(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  if (Number.isInteger(mib)) return `${mib}MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes} bytes`;
}
