/** The time spent on collections of V8's young generation since `since` (ms of a monotonic clock). */
export interface Collections {
  readonly since: number;
  /** ms */
  readonly spent: number;
}

/** ms over which the share of the time is measured. */
const WINDOW = 1000;

/** Above this share of the time, a larger young generation (which is collected less often) is worth its memory. */
const WORTH_MEMORY = 0.01;

/**
 * Adds a collection that began at `at` and took `duration` ms. `expensive`: whether the collections of the window that
 * ends with it took too much of the time; null while the window is not over. Pure.
 */
export function collected(
  { since, spent }: Collections,
  at: number,
  duration: number,
): { readonly collections: Collections; readonly expensive: boolean | null } {
  const all = spent + duration;
  const passed = at + duration - since;
  if (passed < WINDOW) return { collections: { since, spent: all }, expensive: null };
  return { collections: { since: at + duration, spent: 0 }, expensive: all > passed * WORTH_MEMORY };
}
