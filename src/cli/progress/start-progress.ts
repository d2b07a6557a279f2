import { setTimeout as pause } from 'node:timers/promises';
import { type ProfileStatus, parseStatus, type Status } from '../../admin/status.ts';
import { askRunning } from '../ask-running.ts';
import { onInterrupt } from './interrupt.ts';
import { ProgressLine } from './progress-line.ts';
import { type Progress, progressText, summaryText } from './progress-text.ts';

const POLL_EVERY = 200;
/** ms that `up --detach` waits for its gateways; slower ones go on in the background. */
const WAIT_AT_MOST = 60_000;

/**
 * On a terminal: shows how many gateways are ready until each is ready or has failed, for a minute at most, and then
 * prints the result in a line that stays. Without a terminal it returns at once.
 */
export async function showStart(configFile: string, first: Status): Promise<void> {
  const line = new ProgressLine();
  if (!line.isShown) return;
  const stopListening = onInterrupt(() =>
    line.finish(`gwproxy goes on in the background (pid ${first.pid}); \`gwproxy down\` stops it`),
  );
  const deadline = performance.now() + WAIT_AT_MOST;
  try {
    const shown = new Set<string>();
    let { profiles } = first;
    let progress = showFailures(line, profiles, shown);
    while (progress.pending.length > 0 && performance.now() < deadline) {
      line.update(progressText(progress));
      await pause(POLL_EVERY);
      ({ profiles } = parseStatus(await askRunning(configFile, 'GET', '/status')));
      progress = showFailures(line, profiles, shown);
    }
    // Their reasons stand above.
    const failed = progress.failed.map(({ name }) => ({ name, reason: null }));
    if (progress.total > 0) line.finish(summaryText({ ...progress, failed }));
  } finally {
    stopListening();
    line.clear();
  }
}

/** Prints why a gateway has failed as soon as it has, and returns the progress. `shown` has the failures before. */
function showFailures(line: ProgressLine, profiles: readonly ProfileStatus[], shown: Set<string>): Progress {
  for (const profile of profiles.filter((each) => each.desired === 'up' && hasFailed(each))) {
    const failure = `${profile.name} ${profile.state}`;
    if (!shown.has(failure)) line.finish(failureText(profile));
    shown.add(failure);
  }
  return startProgress(profiles);
}

/** What a terminal shows of a gateway that has failed its start. Pure. */
export function failureText({ name, state, last_error: error }: ProfileStatus): string {
  const how = state === 'failed' ? 'has failed' : `is not ready (${state})`;
  return `${name} ${how}${error === null ? '' : `: ${error.replace(/^not ready: /, '')}`}`;
}

/** The progress of the gateways that should run. Pure. */
export function startProgress(profiles: readonly ProfileStatus[]): Progress {
  const wanted = profiles.filter(({ desired }) => desired === 'up');
  const failed = wanted.filter(hasFailed);
  const pending = wanted.filter((profile) => profile.state !== 'ready' && !hasFailed(profile));
  return {
    total: wanted.length,
    goal: 'ready',
    done: wanted.filter(({ state }) => state === 'ready').length,
    failed: failed.map(({ name, state, last_error }) => ({ name, reason: last_error ?? state })),
    pending: pending.map((profile) => ({ name: profile.name, state: pendingText(profile) })),
  };
}

/** s that a start may take before its progress says why it is not over: until then its port just is not open. */
const SLOW_AFTER = 5;

/** The state of a gateway that has not reached the wanted one yet, with the reason if it takes long. Pure. */
export function pendingText({ state, uptime_s: uptime, last_error: error }: ProfileStatus): string {
  if (state === 'stopped') return 'waiting';
  const isSlow = state === 'starting' && error !== null && (uptime === null || uptime >= SLOW_AFTER);
  return isSlow ? `${state}: ${error.replace(/^not ready yet: /, '')}` : state;
}

const FAILED: ReadonlySet<string> = new Set(['failed', 'backoff', 'unready']);

/** A gateway whose exit code asked for a restart is still on its way. */
function hasFailed({ state, restart_requested: isRequested }: ProfileStatus): boolean {
  return FAILED.has(state) && !isRequested;
}
