/** Whose turn it is to start; pure. A name is in one of the three, or in none. */
export interface Turns {
  /** So many at once, and as many again of those that are hurried. */
  readonly limit: number;
  readonly running: readonly string[];
  /** Somebody waits for these: they come first. */
  readonly prioritized: readonly string[];
  readonly waiting: readonly string[];
}

export function noTurns(limit: number): Turns {
  return { limit, running: [], prioritized: [], waiting: [] };
}

/** It wants to start; one that runs or waits already keeps its place. */
export function enqueue(turns: Turns, name: string): Turns {
  const { running, prioritized: hurried, waiting } = turns;
  if ([...running, ...hurried, ...waiting].includes(name)) return turns;
  return { ...turns, waiting: [...waiting, name] };
}

export function prioritize(turns: Turns, name: string): Turns {
  if (!turns.waiting.includes(name)) return turns;
  return { ...turns, prioritized: [...turns.prioritized, name], waiting: without(turns.waiting, name) };
}

/** It is past its start, or wants none any more. */
export function release(turns: Turns, name: string): Turns {
  return {
    limit: turns.limit,
    running: without(turns.running, name),
    prioritized: without(turns.prioritized, name),
    waiting: without(turns.waiting, name),
  };
}

/**
 * Those whose turn it is now, first come first served among equals; they run from here on. The hurried have room of
 * their own: starts that hang would otherwise hold up a bot that works, and has merely crashed.
 */
export function admit(turns: Turns): { readonly turns: Turns; readonly names: readonly string[] } {
  const { limit, running } = turns;
  const first = turns.prioritized.slice(0, Math.max(0, 2 * limit - running.length));
  const others = turns.waiting.slice(0, Math.max(0, limit - running.length - first.length));
  const names = [...first, ...others];
  if (names.length === 0) return { turns, names };
  return {
    names,
    turns: {
      limit: turns.limit,
      running: [...turns.running, ...names],
      prioritized: turns.prioritized.filter((name) => !names.includes(name)),
      waiting: turns.waiting.filter((name) => !names.includes(name)),
    },
  };
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((each) => each !== name);
}
