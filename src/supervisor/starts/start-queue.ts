/** One gateway that starts or is to start, with its `start_group` (null: none). */
export interface Start {
  readonly name: string;
  readonly group: string | null;
}

/** The queue of starts; pure. A name is in one of the four lists, or in none. */
export interface StartQueue {
  /** How many may use a slot at once. Prioritized starts may use as many slots again. */
  readonly limit: number;
  /** They have a slot. */
  readonly running: readonly Start[];
  /** They go on starting, or end, without a slot, and the others of their group still wait for them. */
  readonly slow: readonly Start[];
  /** Starts that a request or an operator waits for: they come first. */
  readonly prioritized: readonly Start[];
  readonly waiting: readonly Start[];
}

export function emptyQueue(limit: number): StartQueue {
  return { limit, running: [], slow: [], prioritized: [], waiting: [] };
}

/** Queues a start; one that is in the queue already keeps its place. */
export function enqueue(queue: StartQueue, start: Start): StartQueue {
  const { running, slow, prioritized, waiting } = queue;
  if ([running, slow, prioritized, waiting].some((list) => includes(list, start.name))) return queue;
  return { ...queue, waiting: [...waiting, start] };
}

export function prioritize(queue: StartQueue, name: string): StartQueue {
  const start = queue.waiting.find((each) => each.name === name);
  if (start === undefined) return queue;
  return {
    ...queue,
    prioritized: [...queue.prioritized, start],
    waiting: without(queue.waiting, name),
  };
}

/** Frees the slot of a start that takes long or is being ended. Its group stays occupied until it is released. */
export function freeSlot(queue: StartQueue, name: string): StartQueue {
  const start = queue.running.find((each) => each.name === name);
  if (start === undefined) return queue;
  return { ...queue, running: without(queue.running, name), slow: [...queue.slow, start] };
}

/** Removes a start from the queue: it is over, or not wanted any more. */
export function release(queue: StartQueue, name: string): StartQueue {
  return mapLists(queue, (list) => without(list, name));
}

/** Moves a start to another group. Starts of that group that are admitted already go on. */
export function setGroup(queue: StartQueue, { name, group }: Start): StartQueue {
  return mapLists(queue, (list) => list.map((each) => (each.name === name ? { name, group } : each)));
}

/**
 * Moves the starts that have a slot to `running`, first come first served, and names them. A start whose group is
 * occupied is passed over: it uses no slot while it waits. Prioritized starts have slots of their own: otherwise
 * starts that hang would delay a healthy bot that has merely crashed.
 */
export function admit(queue: StartQueue): { readonly queue: StartQueue; readonly names: readonly string[] } {
  const { limit, running, slow } = queue;
  const occupied = groupsOf([...running, ...slow]);
  const first = selectStarts(queue.prioritized, 2 * limit - running.length, occupied);
  const others = selectStarts(queue.waiting, limit - running.length - first.length, occupied);
  const admitted = [...first, ...others];
  if (admitted.length === 0) return { queue, names: [] };
  return {
    names: admitted.map(({ name }) => name),
    queue: {
      ...queue,
      running: [...running, ...admitted],
      prioritized: queue.prioritized.filter((start) => !first.includes(start)),
      waiting: queue.waiting.filter((start) => !others.includes(start)),
    },
  };
}

/** The first starts of the list, at most `slots`, whose groups are free; adds their groups to `occupied`. */
function selectStarts(list: readonly Start[], slots: number, occupied: Set<string>): readonly Start[] {
  const selected: Start[] = [];
  for (const start of list) {
    if (selected.length >= slots) break;
    if (start.group !== null && occupied.has(start.group)) continue;
    if (start.group !== null) occupied.add(start.group);
    selected.push(start);
  }
  return selected;
}

/** Why a start waits, for the operator; null if it does not wait. */
export function waitReason(queue: StartQueue, name: string): string | null {
  const start = [...queue.prioritized, ...queue.waiting].find((each) => each.name === name);
  if (start === undefined) return null;
  const { group } = start;
  const inFront = group === null ? undefined : startingIn(queue, group);
  return inFront === undefined
    ? 'waits to start: start_concurrency limits how many gateways start at once'
    : `waits until ${inFront} has started, since both are in start_group ${group}`;
}

/** The gateway of that group that starts at present; undefined if none does. */
function startingIn({ running, slow }: StartQueue, group: string): string | undefined {
  return [...running, ...slow].find((start) => start.group === group)?.name;
}

function groupsOf(starts: readonly Start[]): Set<string> {
  return new Set(starts.flatMap(({ group }) => (group === null ? [] : [group])));
}

function mapLists(queue: StartQueue, change: (list: readonly Start[]) => readonly Start[]): StartQueue {
  return {
    limit: queue.limit,
    running: change(queue.running),
    slow: change(queue.slow),
    prioritized: change(queue.prioritized),
    waiting: change(queue.waiting),
  };
}

function includes(list: readonly Start[], name: string): boolean {
  return list.some((each) => each.name === name);
}

function without(list: readonly Start[], name: string): readonly Start[] {
  return list.filter((each) => each.name !== name);
}
