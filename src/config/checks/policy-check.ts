import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import type { Settings } from '../schema/config-schema.ts';
import { keySource, type MapTree, treeAt, valueSource } from '../source/yaml-tree.ts';

/** restart.min is at most restart.max. */
export function checkRestart({ config, invalidFields, tree }: Profile): readonly Problem[] {
  const { min, max } = config.restart;
  if (invalidFields.has('restart') || min <= max) return [];
  const source = valueSource(tree, ['restart', 'min']);
  return [
    problemAt(
      source,
      `restart.min is longer than restart.max (${max} ms); write a shorter min or a longer max`,
    ),
  ];
}

/** `idle_timeout` is for on-demand gateways, since only a request starts the gateway again. */
export function checkIdle({ config, invalidFields, tree }: Profile): readonly Problem[] {
  // Without a port, idle_timeout itself is refused.
  if (Object.keys(config.listeners).length === 0) return [];
  if (config.idle_timeout === 'never' || config.start === 'on-demand') return [];
  if (invalidFields.has('start') || invalidFields.has('idle_timeout')) return [];
  const message = `idle_timeout needs start: on-demand, since otherwise no request starts the gateway again`;
  return [problemAt(valueSource(tree, ['idle_timeout']), message)];
}

/** `liveness` replaces `health.restart_after`. */
export function checkLiveness({ config, invalidFields, tree }: Profile): readonly Problem[] {
  if (invalidFields.has('listeners')) return [];
  return Object.keys(config.listeners).flatMap((name) => {
    const path = ['listeners', name, 'health', 'restart_after'];
    if (config.listeners[name]?.liveness === undefined || treeAt(tree, path) === undefined) return [];
    const message =
      "restart_after cannot be used with 'liveness', which decides when to restart; remove one of them";
    return [problemAt(keySource(tree, path), message)];
  });
}

/** `status` and `body` need a `path`. */
export function checkProbes({ config, invalidFields, tree }: Profile): readonly Problem[] {
  if (invalidFields.has('listeners')) return [];
  return Object.keys(config.listeners).flatMap((name) =>
    ['health', 'liveness'].flatMap((kind) => {
      const at = (field: string) => ['listeners', name, kind, field];
      if (treeAt(tree, at('path')) !== undefined) return [];
      return ['status', 'body']
        .filter((field) => treeAt(tree, at(field)) !== undefined)
        .map((field) => {
          const message = `'${field}' needs a 'path': without one the probe only opens a connection`;
          return problemAt(keySource(tree, at(field)), message);
        });
    }),
  );
}

/** One body fits into the memory for all bodies. */
export function checkLimits({ limits }: Settings, tree: MapTree): readonly Problem[] {
  if (limits.body === undefined || limits.body <= limits.buffered) return [];
  const source = valueSource(tree, ['limits', 'body']);
  return [
    problemAt(
      source,
      `limits.body is more than limits.buffered (${limits.buffered} bytes); write less, or raise limits.buffered`,
    ),
  ];
}
