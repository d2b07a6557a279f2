/** The queue of starts; pure. A name is in one of the three lists, or in none. */
export interface StartQueue {
  /** How many may start at once. Prioritized starts may use as many slots again. */
  readonly limit: number;
  readonly running: readonly string[];
  /** Starts that a request or an operator waits for: they come first. */
  readonly prioritized: readonly string[];
  readonly waiting: readonly string[];
}

export function emptyQueue(limit: number): StartQueue {
  return { limit, running: [], prioritized: [], waiting: [] };
}

/** Queues a start; one that runs or waits already keeps its place. */
export function enqueue(queue: StartQueue, name: string): StartQueue {
  const { running, prioritized, waiting } = queue;
  if ([...running, ...prioritized, ...waiting].includes(name)) return queue;
  return { ...queue, waiting: [...waiting, name] };
}

export function prioritize(queue: StartQueue, name: string): StartQueue {
  if (!queue.waiting.includes(name)) return queue;
  return { ...queue, prioritized: [...queue.prioritized, name], waiting: without(queue.waiting, name) };
}

/** Removes a start from the queue: it is over, or not wanted any more. */
export function release(queue: StartQueue, name: string): StartQueue {
  return {
    limit: queue.limit,
    running: without(queue.running, name),
    prioritized: without(queue.prioritized, name),
    waiting: without(queue.waiting, name),
  };
}

/**
 * Moves the starts that have a slot to `running`, first come first served, and names them. Prioritized starts have
 * slots of their own: otherwise starts that hang would delay a healthy bot that has merely crashed.
 */
export function admit(queue: StartQueue): { readonly queue: StartQueue; readonly names: readonly string[] } {
  const { limit, running } = queue;
  const first = queue.prioritized.slice(0, Math.max(0, 2 * limit - running.length));
  const others = queue.waiting.slice(0, Math.max(0, limit - running.length - first.length));
  const names = [...first, ...others];
  if (names.length === 0) return { queue, names };
  return {
    names,
    queue: {
      limit: queue.limit,
      running: [...queue.running, ...names],
      prioritized: queue.prioritized.filter((name) => !names.includes(name)),
      waiting: queue.waiting.filter((name) => !names.includes(name)),
    },
  };
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((each) => each !== name);
}
