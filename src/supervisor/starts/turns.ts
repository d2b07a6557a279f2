/** The queue of starts; pure. A name is in one of the three lists, or in none. */
export interface Turns {
  /** How many may start at once; prioritized ones may use as many again. */
  readonly limit: number;
  readonly running: readonly string[];
  /** A request or an operator waits for these: they come first. */
  readonly prioritized: readonly string[];
  readonly waiting: readonly string[];
}

export function noTurns(limit: number): Turns {
  return { limit, running: [], prioritized: [], waiting: [] };
}

/** Queues a start; one that runs or waits already keeps its place. */
export function enqueue(turns: Turns, name: string): Turns {
  const { running, prioritized: hurried, waiting } = turns;
  if ([...running, ...hurried, ...waiting].includes(name)) return turns;
  return { ...turns, waiting: [...waiting, name] };
}

export function prioritize(turns: Turns, name: string): Turns {
  if (!turns.waiting.includes(name)) return turns;
  return { ...turns, prioritized: [...turns.prioritized, name], waiting: without(turns.waiting, name) };
}

/** Takes a start out of the queue: it is over, or not wanted any more. */
export function release(turns: Turns, name: string): Turns {
  return {
    limit: turns.limit,
    running: without(turns.running, name),
    prioritized: without(turns.prioritized, name),
    waiting: without(turns.waiting, name),
  };
}

/**
 * Moves those that may start now to `running`, first come first served, and names them. Prioritized starts have room
 * of their own: otherwise starts that hang would delay a healthy bot that has merely crashed.
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
