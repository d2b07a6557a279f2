import { listenersOf, type PlacedListener } from '../listeners.ts';
import { alternatives, didYouMean, type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import type { Text } from '../read/resolve.ts';
import { treeAt, valueSource } from '../source/yaml-tree.ts';

/** The gateway learns the port of each listener from a variable or a reference, and no two listeners share a public path. */
export function checkListeners(profile: Profile): readonly Problem[] {
  if (profile.config.url !== undefined || profile.invalidFields.has('listeners')) return [];
  const listeners = listenersOf(profile);
  return [
    ...portReferences(profile, listeners),
    ...unknownPorts(profile, listeners),
    ...sharedPortEnv(profile, listeners),
    ...portInEnv(profile, listeners),
    ...sharedPaths(profile, listeners),
  ];
}

function texts(profile: Profile): readonly Text[] {
  return [...profile.command, ...profile.healthCommand, ...profile.env.values()];
}

function portReferences(profile: Profile, listeners: readonly PlacedListener[]): readonly Problem[] {
  const names = listeners.map(({ plan }) => plan.name);
  return texts(profile).flatMap(({ source, parts }) =>
    parts.flatMap((part) => {
      if (typeof part === 'string') return [];
      if (part.port === null && names.length > 1) {
        const clear = alternatives(names.map((name) => `\${port.${name}}`));
        return [problemAt(source, `\${port} is ambiguous with ${names.length} listeners; write ${clear}`)];
      }
      if (names.length === 0) {
        const written = part.port === null ? 'port' : `port.${part.port}`;
        const message = `\${${written}}: this profile has no port, as its listeners: none says; give it a listener`;
        return [problemAt(source, message)];
      }
      if (part.port === null || names.includes(part.port)) return [];
      const help = didYouMean(part.port, names) || `; the listeners are ${names.join(', ')}`;
      return [problemAt(source, `\${port.${part.port}}: this profile has no listener '${part.port}'${help}`)];
    }),
  );
}

function unknownPorts(profile: Profile, listeners: readonly PlacedListener[]): readonly Problem[] {
  if (profile.invalidFields.has('command') || profile.invalidFields.has('env')) return [];
  const referenced = new Set(
    texts(profile).flatMap(({ parts }) =>
      parts.flatMap((part) => (typeof part === 'string' ? [] : [part.port])),
    ),
  );
  return listeners
    .filter(({ plan }) => plan.port === 'auto' && plan.portEnv === null && !referenced.has(plan.name))
    .map(({ plan, source }) =>
      problemAt(
        source,
        `nothing tells the gateway the port of listener '${plan.name}'; ` +
          `set its port or port_env, or write \${port.${plan.name}} in command or env`,
      ),
    );
}

function sharedPortEnv(profile: Profile, listeners: readonly PlacedListener[]): readonly Problem[] {
  return listeners.flatMap(({ plan: { name, portEnv } }, index) => {
    const first = listeners.slice(0, index).find(({ plan }) => portEnv !== null && plan.portEnv === portEnv);
    if (first === undefined) return [];
    const source = valueSource(profile.tree, ['listeners', name, 'port_env']);
    return [
      problemAt(
        source,
        `port_env ${portEnv} already holds the port of listener '${first.plan.name}'; choose another variable`,
      ),
    ];
  });
}

/** gwproxy overwrites the port variable at each start, so another value in `env` would be lost without a message. */
function portInEnv(profile: Profile, listeners: readonly PlacedListener[]): readonly Problem[] {
  return listeners.flatMap(({ plan: { name, port, portEnv } }) => {
    const text = portEnv === null ? undefined : profile.env.get(portEnv);
    if (text === undefined) return [];
    const [part] = text.parts;
    const same =
      text.parts.length === 1 &&
      (typeof part === 'string' ? part === String(port) : part?.port === null || part?.port === name);
    if (same) return [];
    const message =
      `gwproxy sets ${portEnv} to the port of listener '${name}'; ` +
      `for a fixed port write listeners: { ${name}: { port: … } }`;
    return [problemAt(fieldSource(profile, 'env', portEnv ?? ''), message)];
  });
}

function sharedPaths(profile: Profile, listeners: readonly PlacedListener[]): readonly Problem[] {
  const claims = listeners.flatMap(({ plan }) =>
    plan.paths.map((path, index) => ({ listener: plan.name, path, index })),
  );
  return claims.flatMap(({ listener, path, index }, at) => {
    const first = claims.slice(0, at).find((claim) => claim.path === path);
    const place = ['listeners', listener, 'paths', index];
    if (first === undefined || treeAt(profile.tree, place) === undefined) return [];
    const message = `path '${path}' already belongs to listener '${first.listener}'; remove one of them`;
    return [problemAt(valueSource(profile.tree, place), message)];
  });
}
