import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReloadResult } from './admin/reload-answer.ts';
import { diffPlans, linesOf, reuseRoutes } from './config/change/diff.ts';
import { interruptionsOf } from './config/change/interruptions.ts';
import { type ConfigWatch, createConfigWatch } from './config/change/watch.ts';
import { type ConfigInputs, formatProblem, type Loaded, type Problem } from './config/load.ts';
import type { Plan, PlanDiff } from './config/types.ts';
import { CommandError, EXIT } from './errors.ts';
import type { Report } from './events.ts';
import { errorMessage } from './util/errno.ts';

/** Where a config comes from. */
export interface ConfigSource {
  /** Reads it again, from the same file and with the same environment. */
  load(): Promise<Loaded>;
  /** The files and globs that the first plan was loaded from. */
  readonly inputs: ConfigInputs;
  /** When the first load began, in epoch ms. */
  readonly loadedAt: number;
}

export interface ReloaderOptions {
  /** The plan that runs now. */
  readonly plan: Plan;
  readonly source: ConfigSource;
  readonly report: Report;
  /** Names of the profiles whose gateways serve now: ready, or ready before in their current generation. */
  readonly serving: () => ReadonlySet<string>;
  /** Never called twice at once. `diff` is the difference to the plan of the previous call. */
  readonly apply: (plan: Plan, diff: PlanDiff) => void;
}

/** Applies config changes, on `gwproxy reload` and, as far as `watch` allows, when a file changes. Loads one at a time. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #watch: ConfigWatch;
  #plan: Plan;
  #inputs: ConfigInputs;
  #error: string | null = null;
  #pending: readonly string[] = [];
  /** The end of the queue of reloads. */
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#inputs = options.source.inputs;
    this.#watch = createConfigWatch({
      changed: () => void this.#filesChanged(),
      unwatched: (reason) => options.report({ type: 'config.unwatched', reason }),
    });
  }

  /** The plan that runs now. */
  get plan(): Plan {
    return this.#plan;
  }

  /** Why the last load was refused, in one line; null if it was valid. */
  get error(): string | null {
    return this.#error;
  }

  /** The changes that are not applied yet, one line each. */
  get pending(): readonly string[] {
    return this.#pending;
  }

  /** Starts to watch the files unless the plan says `watch: off`; resolves once they are watched. */
  begin(): Promise<void> {
    return this.#watchFiles(this.#inputs, this.#options.source.loadedAt);
  }

  end(): void {
    this.#ended = true;
    this.#watch.end();
  }

  /**
   * Reads the config and applies all of it, or nothing if it is invalid. Rejects with a CommandError if gwproxy is
   * stopping.
   */
  reload(): Promise<ReloadResult> {
    return this.#queue(() => this.#load('command'));
  }

  async #filesChanged(): Promise<void> {
    try {
      await this.#queue(() => this.#load('watch'));
    } catch (error) {
      if (this.#ended) return;
      this.#refuse([errorMessage(error)]);
    }
  }

  #queue(load: () => Promise<ReloadResult>): Promise<ReloadResult> {
    const turn = this.#last.then(load, load);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #load(trigger: 'command' | 'watch'): Promise<ReloadResult> {
    const since = Date.now();
    const loaded = await this.#options.source.load();
    if (this.#ended) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
    if (!loaded.ok) {
      // The files of the last valid load stay watched, since the mistake may hide some of them.
      await this.#watchFiles(union(this.#inputs, loaded), since);
      return this.#refuse(loaded.problems.map((problem) => this.#format(problem)));
    }
    const changes = this.#applyPlan(loaded.plan, trigger === 'command' || loaded.plan.watch === 'all');
    this.#inputs = loaded;
    await this.#watchFiles(loaded, since);
    const warnings = loaded.warnings.map((warning) => this.#format(warning));
    return { ok: true, changes, pending: this.#pending, warnings };
  }

  /**
   * Applies all of a plan except `listen`, which needs a new gwproxy; or none of it if it would interrupt a gateway and
   * `mayInterrupt` is false. What is not applied is pending. Returns one line for each applied change.
   */
  #applyPlan(wanted: Plan, mayInterrupt: boolean): readonly string[] {
    const { report, apply, serving } = this.#options;
    const before = this.#plan;
    const next = reuseRoutes({ ...wanted, listen: before.listen }, before);
    const diff = diffPlans(before, next);
    const { restarts, ends } = interruptionsOf(diff, before, serving());
    const isApplied = mayInterrupt || restarts.length + ends.length === 0;
    const changes = isApplied ? linesOf(diff) : [];
    if (changes.length > 0) apply(next, diff);
    if (isApplied) this.#plan = next;
    const pending = linesOf(diffPlans(this.#plan, wanted));
    const wasBehind = this.#pending.length > 0 || this.#error !== null;
    const isNew = pending.length > 0 && !isDeepStrictEqual(pending, this.#pending);
    this.#error = null;
    this.#pending = pending;
    if (changes.length > 0 || (wasBehind && pending.length === 0))
      report({ type: 'config.applied', changes });
    if (isNew) report({ type: 'config.pending', changes: pending });
    return changes;
  }

  #refuse(problems: readonly string[]): ReloadResult {
    const [first = 'the config cannot be read', ...more] = problems;
    this.#error = more.length === 0 ? first : `${first} (and ${more.length} more)`;
    // `gwproxy reload` would refuse this config too, so no change waits for it.
    this.#pending = [];
    this.#options.report({ type: 'config.invalid', problems });
    return { ok: false, problems };
  }

  async #watchFiles(inputs: ConfigInputs, since: number): Promise<void> {
    if (this.#ended || this.#plan.watch === 'off') this.#watch.end();
    else await this.#watch.follow(inputs, since);
  }

  #format(problem: Problem): string {
    const [config = ''] = this.#inputs.files;
    return formatProblem(problem, dirname(config));
  }
}

function union(one: ConfigInputs, other: ConfigInputs): ConfigInputs {
  return {
    files: [...new Set([...one.files, ...other.files])],
    globs: [...new Set([...one.globs, ...other.globs])],
  };
}
