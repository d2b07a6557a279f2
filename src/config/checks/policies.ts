import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../profile.ts';
import type { Settings } from '../schema.ts';
import { type MapTree, valueSource } from '../tree.ts';

/** The waits between restarts grow from min to max. */
export function checkRestart({ config, broken, tree }: Profile): readonly Problem[] {
  const { min, max } = config.restart;
  if (broken.has('restart') || min <= max) return [];
  const source = valueSource(tree, ['restart', 'min']);
  return [problemAt(source, `restart.min is longer than restart.max (${max} ms)`)];
}

/** A body has to fit into what is kept for all of them. */
export function checkLimits({ limits }: Settings, tree: MapTree): readonly Problem[] {
  if (limits.body <= limits.buffered) return [];
  const source = valueSource(tree, ['limits', 'body']);
  return [problemAt(source, `limits.body is more than limits.buffered (${limits.buffered} bytes)`)];
}
