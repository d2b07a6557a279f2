import type { HealthCommand, ProfilePlan } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';
import type { Condition } from '../lifecycle/conditions.ts';
import type { GatewayEvent } from '../lifecycle/state.ts';
import { endText, exitReason } from '../lifecycle/text.ts';
import { helperCommand } from '../process/command.ts';
import { type CommandResult, runCommand } from '../process/run-command.ts';
import type { SpawnedProcess } from '../process/spawn.ts';
import { ConditionProbe, type ProbeState } from './condition-probe.ts';
import { COMMAND_RAMP, type ProbeOutcome } from './health.ts';

export interface CommandHealthOptions {
  readonly profile: () => ProfilePlan;
  /** The value of MARK for the health commands of that generation. */
  readonly mark: (generation: number) => string;
  /** What the gateway got of its env_command. */
  readonly variables: () => ReadonlyMap<string, string>;
  readonly started: (pid: number) => void;
  readonly ended: (pid: number) => void;
  /** Epoch ms. */
  readonly now: () => number;
  readonly dispatch: (event: GatewayEvent) => void;
}

const COMMAND: Condition = { kind: 'command' };

/** Runs the health command of one gateway again and again, if its profile has one; never two at once. */
export class CommandHealth {
  readonly #options: CommandHealthOptions;
  #probe: ConditionProbe<HealthCommand> | undefined;
  #generation: number | null = null;
  #isHung = false;
  /** The command that runs now. */
  #spawned: SpawnedProcess | undefined;
  /** Resolves once no process of the last command is left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CommandHealthOptions) {
    this.#options = options;
  }

  /** Starts to run the command of the current profile. Within one generation its state carries over. */
  start(generation: number): void {
    const carriedOver = generation === this.#generation ? (this.#probe?.state ?? null) : null;
    this.end();
    if (generation !== this.#generation) this.#isHung = false;
    this.#generation = generation;
    const { ready } = this.#options.profile();
    if (ready.kind === 'command') this.#probe = this.#create(generation, ready.health, carriedOver);
  }

  /** Kills the command that runs, if one does. */
  end(): void {
    this.#probe?.end();
    this.#probe = undefined;
  }

  /** Resolves once no process of a command is left. */
  get ended(): Promise<unknown> {
    return this.#last;
  }

  /** Sends SIGKILL before it returns: for the 'exit' of gwproxy. */
  killNow(): void {
    this.#spawned?.signal('SIGKILL');
  }

  /** How the last command failed; '' if it succeeded, or none has run. */
  failureText(): string {
    return this.#probe?.lastFailure?.reason ?? '';
  }

  #create(
    generation: number,
    health: HealthCommand,
    carriedOver: ProbeState | null,
  ): ConditionProbe<HealthCommand> {
    const { dispatch, now } = this.#options;
    return new ConditionProbe({
      health,
      liveness: { kind: 'health', after: health.restartAfter },
      carriedOver,
      ramp: COMMAND_RAMP,
      probe: (settings, signal) => this.#run(generation, settings, signal),
      now,
      ready: () => dispatch({ type: 'conditionMet', generation, condition: COMMAND }),
      lost: (reason) => dispatch({ type: 'conditionLost', generation, condition: COMMAND, reason }),
      hung: (reason) => {
        if (this.#isHung) return;
        this.#isHung = true;
        dispatch({ type: 'hung', generation, condition: COMMAND, reason });
      },
    });
  }

  async #run(generation: number, health: HealthCommand, signal: AbortSignal): Promise<ProbeOutcome> {
    // One that was aborted may still be ending.
    await this.#last;
    const { profile, mark, variables, started, ended } = this.#options;
    const { launch } = profile();
    if (signal.aborted || launch.kind === 'url') return failed('was not run');
    const run = runCommand(helperCommand(launch, health.command, variables()), mark(generation), {
      timeout: health.timeout,
      signal,
      started: (process) => {
        this.#spawned = process;
        started(process.pid);
      },
      ended: (pid) => {
        this.#spawned = undefined;
        ended(pid);
      },
    });
    this.#last = run;
    return outcomeOf(await run, health);
  }
}

function outcomeOf(result: CommandResult, { timeout }: HealthCommand): ProbeOutcome {
  switch (result.kind) {
    case 'exited': {
      const { code, signal } = result;
      if (code === 0) return { ok: true };
      const lastWords = result.lastWords();
      // A check may say all by its exit code.
      if (lastWords.kind === 'silence') return failed(endText(code, signal));
      return failed(exitReason({ code, signal, lastWords }, false));
    }
    case 'late':
      return failed(`did not end within ${duration(timeout)}`);
    case 'aborted':
      return failed('was ended');
    case 'failed':
      return failed(`cannot be run: ${result.reason}`);
  }
}

function failed(how: string): ProbeOutcome {
  return { ok: false, cause: 'unhealthy', reason: `its health command ${how}` };
}
