import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReloadResult } from './admin/reload-answer.ts';
import { diffPlans, linesOf, withKnownRoutes } from './config/change/diff.ts';
import { safePart } from './config/change/safe-part.ts';
import { type ConfigWatch, createConfigWatch } from './config/change/watch.ts';
import { formatProblem, type Loaded, type Looked, type Problem } from './config/load.ts';
import type { Plan, PlanDiff } from './config/types.ts';
import { CommandError, EXIT } from './errors.ts';
import type { Report } from './events.ts';
import { errorMessage } from './util/errno.ts';

/** Where a config comes from. */
export interface ConfigSource {
  /** Reads it again, from the same file and with the same environment. */
  load(): Promise<Loaded>;
  /** What the load looked at that gave the first plan. */
  readonly looked: Looked;
  /** Epoch ms, when that load began. */
  readonly loadedAt: number;
}

export interface ReloaderOptions {
  /** The one that is applied. */
  readonly plan: Plan;
  readonly source: ConfigSource;
  readonly report: Report;
  /** Called one after the other, each with the plan that the one before led to. */
  readonly apply: (plan: Plan, diff: PlanDiff) => void;
}

/** Keeps what runs in step with the config's files; one load at a time. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #watch: ConfigWatch;
  #plan: Plan;
  #looked: Looked;
  #error: string | null = null;
  #pending: readonly string[] = [];
  /** The last of those who wait for their turn. */
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#looked = options.source.looked;
    this.#watch = createConfigWatch({
      changed: () => void this.#changed(),
      unwatched: (reason) => options.report({ type: 'config.unwatched', reason }),
    });
  }

  /** The one that is applied. */
  get plan(): Plan {
    return this.#plan;
  }

  /** Why the config as it is now was not applied, in one line; null while it is valid. */
  get error(): string | null {
    return this.#error;
  }

  /** Its changes that wait. */
  get pending(): readonly string[] {
    return this.#pending;
  }

  /** Resolves once the files are watched, where the plan says so. */
  begin(): Promise<void> {
    return this.#follow(this.#looked, this.#options.source.loadedAt);
  }

  end(): void {
    this.#ended = true;
    this.#watch.end();
  }

  /**
   * Reads the config and applies all of it, or nothing where it is invalid. Rejects with a CommandError where
   * gwproxy is stopping.
   */
  reload(): Promise<ReloadResult> {
    return this.#inTurn(() => this.#take('asked'));
  }

  /** Its files may be different. */
  async #changed(): Promise<void> {
    try {
      await this.#inTurn(() => this.#take('seen'));
    } catch (error) {
      if (this.#ended) return;
      this.#refuse([errorMessage(error)]);
    }
  }

  #inTurn(take: () => Promise<ReloadResult>): Promise<ReloadResult> {
    const turn = this.#last.then(take, take);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #take(why: 'asked' | 'seen'): Promise<ReloadResult> {
    const since = Date.now();
    const loaded = await this.#options.source.load();
    if (this.#ended) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
    if (!loaded.ok) {
      // What it looked at while it was valid counts on: the mistake may hide the rest.
      await this.#follow(together(this.#looked, loaded), since);
      return this.#refuse(loaded.problems.map((problem) => this.#inWords(problem)));
    }
    const changes = this.#become(loaded.plan, why === 'asked' || loaded.plan.watch === 'all');
    this.#looked = loaded;
    await this.#follow(loaded, since);
    const warnings = loaded.warnings.map((warning) => this.#inWords(warning));
    return { ok: true, changes, pending: this.#pending, warnings };
  }

  /** All of it, or what restarts and ends nothing; the lines of what was applied. */
  #become(wanted: Plan, all: boolean): readonly string[] {
    const { report, apply } = this.#options;
    const part = all ? { ...wanted, listen: this.#plan.listen } : safePart(this.#plan, wanted);
    const next = withKnownRoutes(part, this.#plan);
    const diff = diffPlans(this.#plan, next);
    const changes = linesOf(diff);
    if (changes.length > 0) apply(next, diff);
    this.#plan = next;
    const wasInvalid = this.#error !== null;
    this.#error = null;
    if (changes.length > 0 || wasInvalid) report({ type: 'config.applied', changes });
    const pending = linesOf(diffPlans(next, wanted));
    if (pending.length > 0 && !isDeepStrictEqual(pending, this.#pending)) {
      report({ type: 'config.pending', changes: pending });
    }
    this.#pending = pending;
    return changes;
  }

  #refuse(problems: readonly string[]): ReloadResult {
    const [first = 'it cannot be read', ...more] = problems;
    this.#error = more.length === 0 ? first : `${first} (and ${more.length} more)`;
    this.#options.report({ type: 'config.invalid', problems });
    return { ok: false, problems };
  }

  async #follow(looked: Looked, since: number): Promise<void> {
    if (this.#ended || this.#plan.watch === 'off') this.#watch.end();
    else await this.#watch.follow(looked, since);
  }

  #inWords(problem: Problem): string {
    const [config = ''] = this.#looked.files;
    return formatProblem(problem, dirname(config));
  }
}

function together(one: Looked, other: Looked): Looked {
  return {
    files: [...new Set([...one.files, ...other.files])],
    globs: [...new Set([...one.globs, ...other.globs])],
  };
}
