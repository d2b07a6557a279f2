import type { ProfilePlan, Schedule } from '../../config/types.ts';
import type { Report } from '../../events.ts';
import { momentsOf } from '../../schedule/moments.ts';
import type { ScheduleStatus } from '../../supervised-status.ts';
import type { GatewayEvent, GatewayState } from '../lifecycle/state.ts';
import { type Agenda, type Due, newAgenda, nextMoment, turn } from './agenda.ts';
import { jobRun } from './job-run.ts';
import {
  keepRestarts,
  NO_RESTARTS_DUE,
  needsRestart,
  nextRestart,
  queueRestarts,
  type RestartQueue,
  restartDone,
  restartIsOver,
} from './restart-queue.ts';

/**
 * ms between two looks at the clock at most. A timer counts neither the time that the machine sleeps nor the steps of
 * its clock, so a moment that lies far ahead is not left to one timer.
 */
const LOOK_EVERY = 30_000;

/** The part of a gateway that a schedule needs. */
export interface ScheduledGateway {
  readonly state: GatewayState;
  dispatch(event: GatewayEvent): void;
  until(done: (state: GatewayState) => boolean): Promise<GatewayState>;
}

export interface SchedulesOptions {
  readonly gateway: (profile: string) => ScheduledGateway | undefined;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
}

interface Scheduled {
  readonly schedule: Schedule;
  readonly skipped: number;
  /** The moment (epoch ms) that was carried out last; null if none was. */
  readonly last: number | null;
}

/** Carries out the schedules of a plan: the only place that watches the clock for them. */
export class Schedules {
  readonly #options: SchedulesOptions;
  /** In the config's order. */
  #scheduled: ReadonlyMap<string, Scheduled> = new Map();
  #agenda: Agenda = newAgenda([], 0);
  #restarts: RestartQueue = NO_RESTARTS_DUE;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Follows the schedules of these profiles from now on. One that has not changed keeps its next moment. */
  follow(profiles: readonly ProfilePlan[]): void {
    if (this.#hasEnded) return;
    const known = this.#scheduled;
    const now = this.#options.now();
    const old = new Map(this.#agenda.entries.map((entry) => [entry.profile, entry]));
    const scheduled = new Map<string, Scheduled>();
    const entries = profiles.flatMap(({ name, schedule }) => {
      if (schedule === null) return [];
      const before = known.get(name);
      scheduled.set(name, { skipped: 0, last: null, ...before, schedule });
      const entry = old.get(name);
      if (entry !== undefined && before !== undefined && isSame(before.schedule, schedule)) return [entry];
      const moments = momentsOf(schedule);
      return [{ profile: name, moments, next: moments(now) }];
    });
    this.#scheduled = scheduled;
    this.#agenda = { entries, at: Math.max(this.#agenda.at, now) };
    this.#restarts = keepRestarts(this.#restarts, (name) => scheduled.has(name));
    this.#look();
  }

  /** Carries out nothing more. */
  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  /** The status of a profile's schedule; null if it has none. */
  status(profile: string): ScheduleStatus | null {
    const scheduled = this.#scheduled.get(profile);
    if (scheduled === undefined) return null;
    const { schedule, skipped, last } = scheduled;
    const next = this.#agenda.entries.find((entry) => entry.profile === profile)?.next ?? null;
    const { action, pattern, timezone } = schedule;
    return { action, pattern, timezone, next_at: isoOf(next), last_at: isoOf(last), skipped };
  }

  #look(): void {
    const { now } = this.#options;
    const { agenda, due, missed } = turn(this.#agenda, now());
    this.#agenda = agenda;
    for (const each of missed) if (this.#isWanted(each)) this.#skip(each, 'missed');
    for (const each of due) if (this.#actionOf(each) === 'run') this.#run(each);
    const restarts = due.filter((each) => this.#actionOf(each) === 'restart');
    const { queue, busy } = queueRestarts(this.#restarts, restarts);
    this.#restarts = queue;
    for (const each of busy) if (this.#isWanted(each)) this.#skip(each, 'busy');
    this.#restartNext();
    clearTimeout(this.#timer);
    const next = nextMoment(agenda);
    if (this.#hasEnded || next === null) return;
    const wait = Math.min(LOOK_EVERY, Math.max(1, next - now()));
    this.#timer = setTimeout(() => this.#look(), wait);
  }

  #actionOf({ profile }: Due): Schedule['action'] | undefined {
    return this.#scheduled.get(profile)?.schedule.action;
  }

  #run(due: Due): void {
    const gateway = this.#options.gateway(due.profile);
    const decision = gateway === undefined ? 'off' : jobRun(gateway.state);
    if (decision === 'busy') this.#skip(due, 'busy');
    if (decision !== 'run') return;
    this.#carriedOut(due);
    gateway?.dispatch({ type: 'scheduledRun' });
  }

  #carriedOut({ profile, moment }: Due): void {
    const scheduled = this.#scheduled.get(profile);
    if (scheduled !== undefined) this.#update(profile, { ...scheduled, last: moment });
  }

  #restartNext(): void {
    while (!this.#hasEnded) {
      const next = nextRestart(this.#restarts);
      if (next === this.#restarts) return;
      this.#restarts = this.#beginRestart(next.current) ? next : restartDone(next);
    }
  }

  /** False if no restart is needed. */
  #beginRestart(due: Due | null): boolean {
    const gateway = due === null ? undefined : this.#options.gateway(due.profile);
    if (due === null || gateway === undefined || !needsRestart(gateway.state, due.moment)) return false;
    const scheduled = this.#scheduled.get(due.profile);
    if (scheduled === undefined) return false;
    this.#carriedOut(due);
    const { generation } = gateway.state;
    gateway.dispatch({
      type: 'scheduledRestart',
      reason: `scheduled restart (${scheduled.schedule.pattern})`,
    });
    void gateway
      .until((state) => restartIsOver(state, generation))
      .then(() => {
        this.#restarts = restartDone(this.#restarts);
        this.#restartNext();
      });
    return true;
  }

  /** Whether something would be done at that moment. The operator may have stopped the bot, or it waits to be started. */
  #isWanted(due: Due): boolean {
    const state = this.#options.gateway(due.profile)?.state;
    if (state === undefined) return false;
    if (this.#actionOf(due) === 'run') return jobRun(state) !== 'off';
    const isRestarting = this.#restarts.current?.profile === due.profile;
    return isRestarting || needsRestart(state, due.moment);
  }

  #skip({ profile, moment }: Due, why: 'missed' | 'busy'): void {
    const scheduled = this.#scheduled.get(profile);
    if (scheduled === undefined) return;
    this.#update(profile, { ...scheduled, skipped: scheduled.skipped + 1 });
    const { action, timezone } = scheduled.schedule;
    this.#options.report({ type: 'schedule.skipped', profile, action, moment, timezone, reason: why });
  }

  #update(profile: string, scheduled: Scheduled): void {
    this.#scheduled = new Map([...this.#scheduled, [profile, scheduled]]);
  }
}

/** Whether both have the same moments. */
function isSame(one: Schedule, other: Schedule): boolean {
  return one.action === other.action && one.pattern === other.pattern && one.timezone === other.timezone;
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
