import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import type { Settings } from '../schema/config-schema.ts';
import { keySource, type MapTree, treeAt, valueSource } from '../source/yaml-tree.ts';

/** The waits between restarts grow from min to max. */
export function checkRestart({ config, invalidFields: broken, tree }: Profile): readonly Problem[] {
  const { min, max } = config.restart;
  if (broken.has('restart') || min <= max) return [];
  const source = valueSource(tree, ['restart', 'min']);
  return [problemAt(source, `restart.min is longer than restart.max (${max} ms)`)];
}

/** Only what a request can start again is stopped for want of requests. */
export function checkIdle({ config, invalidFields: broken, tree }: Profile): readonly Problem[] {
  if (config.idle_timeout === 'never' || config.start === 'on-demand') return [];
  if (broken.has('start') || broken.has('idle_timeout')) return [];
  const message = `idle_timeout needs start: on-demand, or no request would start the gateway again`;
  return [problemAt(valueSource(tree, ['idle_timeout']), message)];
}

/** A listener is restarted by one rule. */
export function checkLiveness({ config, invalidFields: broken, tree }: Profile): readonly Problem[] {
  if (broken.has('listeners')) return [];
  return Object.keys(config.listeners).flatMap((name) => {
    const path = ['listeners', name, 'health', 'restart_after'];
    if (config.listeners[name]?.liveness === undefined || treeAt(tree, path) === undefined) return [];
    const message = "restart_after cannot be used with 'liveness', which decides when to restart";
    return [problemAt(keySource(tree, path), message)];
  });
}

/** What an answer must look like is asked of a path alone. */
export function checkProbes({ config, invalidFields: broken, tree }: Profile): readonly Problem[] {
  if (broken.has('listeners')) return [];
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

/** A body has to fit into what is kept for all of them. */
export function checkLimits({ limits }: Settings, tree: MapTree): readonly Problem[] {
  if (limits.body <= limits.buffered) return [];
  const source = valueSource(tree, ['limits', 'body']);
  return [problemAt(source, `limits.body is more than limits.buffered (${limits.buffered} bytes)`)];
}
