import { type ProfileStatus, parseStatus } from '../../admin/status.ts';
import { errorMessage } from '../../util/errno.ts';
import { askRunning } from '../ask-running.ts';
import { print } from '../print.ts';
import { onInterrupt } from './interrupt.ts';
import { ProgressLine } from './progress-line.ts';
import { type Progress, progressText, summaryText } from './progress-text.ts';
import { pendingText } from './start-progress.ts';

export type Verb = 'start' | 'stop' | 'restart';

const ONGOING: Readonly<Record<Verb, string>> = {
  start: 'starting',
  stop: 'stopping',
  restart: 'restarting',
};

/** ms between two polls of the gateways' states. */
const POLL_EVERY = 300;

/** A gateway that `stop` waits for is `stopped` at the end; here, where others wait, it has its own word. */
function stateText(profile: ProfileStatus): string {
  return profile.state === 'stopped' ? profile.state : pendingText(profile);
}

/** What `start`, `stop` and `restart` show while they wait. Without a terminal it only prints a line for each success. */
export class ChangeProgress {
  readonly line = new ProgressLine();
  readonly #configFile: string;
  readonly #verb: Verb;
  readonly #profiles: readonly string[];
  readonly #begun = new Set<string>();
  readonly #done = new Set<string>();
  readonly #failed = new Map<string, string>();
  #states: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #stopListening = (): void => {};

  constructor(configFile: string, verb: Verb, profiles: readonly string[]) {
    this.#configFile = configFile;
    this.#verb = verb;
    this.#profiles = profiles;
    if (!this.line.isShown) return;
    this.#stopListening = onInterrupt(() => this.line.finish(this.#interruptedText()));
    this.#timer = setTimeout(() => void this.#poll(), POLL_EVERY);
  }

  begin(profile: string): void {
    this.#begun.add(profile);
  }

  succeed(profile: string, text: string): void {
    this.#done.add(profile);
    this.line.clear();
    print(text);
    this.#show();
  }

  fail(profile: string, error: unknown): void {
    const message = errorMessage(error);
    const prefix = [`${profile} is not ready: `, `${profile} is `].find((start) => message.startsWith(start));
    this.#failed.set(profile, message.slice(prefix?.length ?? 0));
    this.#show();
  }

  /** Stops the polling and erases the line. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stopListening();
    this.line.clear();
  }

  get summary(): string {
    return summaryText({ ...this.#progress(), pending: [], skipped: this.#untouched() });
  }

  #progress(): Progress {
    const pending = [...this.#begun].filter((name) => !this.#done.has(name) && !this.#failed.has(name));
    return {
      total: this.#profiles.length,
      goal: this.#verb === 'stop' ? 'stopped' : 'ready',
      done: this.#done.size,
      failed: [...this.#failed].map(([name, reason]) => ({ name, reason })),
      pending: pending.map((name) => ({ name, state: this.#states.get(name) ?? 'waiting' })),
    };
  }

  #untouched(): readonly string[] {
    return this.#profiles.filter((name) => !this.#begun.has(name));
  }

  #show(): void {
    if (this.#timer !== undefined) this.line.update(progressText(this.#progress()));
  }

  async #poll(): Promise<void> {
    try {
      const { profiles } = parseStatus(await askRunning(this.#configFile, 'GET', '/status'));
      this.#states = new Map(profiles.map((profile) => [profile.name, stateText(profile)]));
    } catch {
      // A gwproxy that is ending, for instance. The command itself reports it; here the states stay as they were.
    }
    if (this.#timer === undefined) return;
    this.#show();
    this.#timer = setTimeout(() => void this.#poll(), POLL_EVERY);
  }

  #interruptedText(): string {
    const { pending } = this.#progress();
    const names = pending.map(({ name }) => name).join(', ');
    const untouched = this.#untouched();
    return [
      `gwproxy goes on ${ONGOING[this.#verb]} ${names} without this command`,
      ...(untouched.length === 0 ? [] : [`not restarted: ${untouched.join(', ')}`]),
    ].join('; ');
  }
}
