/** The progress of a command with the gateways that it changes or waits for. */
export interface Progress {
  readonly total: number;
  /** The state that the gateways should reach, `ready` or `stopped`. */
  readonly goal: string;
  /** The number of gateways that have reached it. */
  readonly done: number;
  /** Without a reason where it has been shown. */
  readonly failed: readonly { readonly name: string; readonly reason: string | null }[];
  readonly pending: readonly { readonly name: string; readonly state: string }[];
  /** Gateways that the command did not touch, because an earlier one failed. */
  readonly skipped?: readonly string[];
}

/** So many pending gateways are named in the progress line. */
const MOST_NAMED = 5;

/** `2 of 4 gateways are ready; waiting for c (draining), d (starting)`. */
export function progressText(progress: Progress): string {
  const { pending } = progress;
  const named = pending.slice(0, MOST_NAMED).map(({ name, state }) => `${name} (${state})`);
  const more = pending.length - named.length;
  if (more > 0) named.push(`${more} more`);
  return [countText(progress), ...(named.length === 0 ? [] : [`waiting for ${named.join(', ')}`])].join('; ');
}

/** `3 of 4 gateways are ready; failed: x (exited with code 1)`. */
export function summaryText(progress: Progress): string {
  const { failed, pending, skipped = [] } = progress;
  const named = (label: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`${label}: ${names.join(', ')}`];
  return [
    countText(progress),
    ...named(
      'failed',
      failed.map(({ name, reason }) => (reason === null ? name : `${name} (${reason})`)),
    ),
    ...named(
      'not ready yet',
      pending.map(({ name, state }) => `${name} (${state})`),
    ),
    ...named('not restarted', skipped),
  ].join('; ');
}

function countText({ done, total, goal }: Progress): string {
  return total === 1 ? `${done} of 1 gateway is ${goal}` : `${done} of ${total} gateways are ${goal}`;
}
