/** Collections of V8's young generation since `since`, in ms of any clock that only goes forward. */
export interface Collections {
  readonly since: number;
  /** ms that they took. */
  readonly spent: number;
}

/** ms over which their part of the time is taken. */
const WINDOW = 1000;

/** The part of the time that they may take before a larger young generation, which needs fewer, is worth its memory. */
const CHEAP = 0.01;

/**
 * One more of them, which began at `at` and took `duration` ms. `dear`: whether those of the window that ends with it
 * took more than their part; null while the window goes on. Pure.
 */
export function collected(
  { since, spent }: Collections,
  at: number,
  duration: number,
): { readonly collections: Collections; readonly dear: boolean | null } {
  const all = spent + duration;
  const passed = at + duration - since;
  if (passed < WINDOW) return { collections: { since, spent: all }, dear: null };
  return { collections: { since: at + duration, spent: 0 }, dear: all > passed * CHEAP };
}
