import type { ProfilePlan } from '../config/types.ts';
import { errorMessage } from '../util/errno.ts';
import type { LastWords } from './last-words/last-words.ts';
import { type GatewayEvent, type GatewayState, pidOf } from './lifecycle/state.ts';
import { type Command, commandFor } from './process/command.ts';
import { type EnvCommandResult, runEnvCommand } from './process/env-command.ts';
import { type SpawnedProcess, spawnProcess } from './process/spawn.ts';
import { ReadySigns } from './ready-signs.ts';
import { waitEvent } from './starts/start-order.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { treeBytes } from './tree/memory.ts';
import { processesOf } from './tree/tree.ts';

/** ms that the list of processes may be old for a status; all gateways share one list. */
const STATUS_LIST_AGE = 500;

const STOPPED_BEFORE_START = 'stopped before it was started';

export interface GatewayProcessOptions {
  readonly context: SupervisorContext;
  readonly profile: () => ProfilePlan;
  readonly state: () => GatewayState;
  readonly dispatch: (event: GatewayEvent) => void;
}

/**
 * Spawns the process of one gateway, reports its output, and signals its tree. Dispatches an event for whatever
 * happens to it.
 */
export class GatewayProcess {
  readonly #options: GatewayProcessOptions;
  #spawned: SpawnedProcess | undefined;
  #outputEnded: Promise<void> = Promise.resolve();
  #killed = false;
  /** Its env_command while that runs. */
  #helper: SpawnedProcess | undefined;
  #preparing: AbortController | undefined;
  #variables: ReadonlyMap<string, string> = new Map();

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
  }

  /** Resolves once the last line of the last process was reported; bounded. */
  get outputEnded(): Promise<void> {
    return this.#outputEnded;
  }

  /**
   * Acquires a start slot and the ports, then starts the process of that generation. Dispatches spawned or
   * spawnFailed. Urgent starts do not queue behind the others.
   */
  async spawn(generation: number, isUrgent: boolean): Promise<void> {
    const { context, profile, state, dispatch } = this.#options;
    const { name, launch, listeners, startGroup } = profile();
    if (launch.kind === 'url') return;
    const failed = (reason: string): void => dispatch({ type: 'spawnFailed', generation, reason });
    const isWanted = (): boolean => state().phase.name === 'starting';
    try {
      const admitted = context.starts.acquire({ name, group: startGroup }, isUrgent);
      if (startGroup !== null) await this.#reportWait();
      await admitted;
      if (!isWanted()) return failed(STOPPED_BEFORE_START);
      const acquired = await context.ports.acquire(profile(), {
        isWanted,
        waits: (reason) => dispatch({ type: 'trouble', generation, reason }),
      });
      if (!acquired.ok) failed(acquired.reason);
      else if (!isWanted()) failed(STOPPED_BEFORE_START);
      else {
        const printed = await this.#runEnvCommand(generation, launch);
        if (!isWanted()) failed(STOPPED_BEFORE_START);
        else if (!printed.ok) failed(printed.reason);
        else {
          this.#variables = printed.values;
          await this.#run(generation, commandFor(launch, listeners, acquired.ports, printed.values));
        }
      }
    } catch (error) {
      failed(errorMessage(error));
    }
  }

  /** Ends what prepares a start that is not wanted any more; spawn() then dispatches spawnFailed. */
  abortStart(): void {
    this.#preparing?.abort();
  }

  /** What the env_command printed for the last generation that was spawned. */
  get variables(): ReadonlyMap<string, string> {
    return this.#variables;
  }

  async #runEnvCommand(
    generation: number,
    launch: Extract<ProfilePlan['launch'], { readonly kind: 'command' }>,
  ): Promise<EnvCommandResult> {
    const { context, profile } = this.#options;
    const preparing = new AbortController();
    this.#preparing = preparing;
    return runEnvCommand(launch, context.run.helperMark(profile().name, generation), {
      signal: preparing.signal,
      started: (helper) => {
        this.#helper = helper;
        context.run.helperStarted(helper.pid);
        if (this.#killed) helper.signal('SIGKILL');
      },
      ended: (pid) => {
        this.#helper = undefined;
        context.run.treeEnded(pid);
      },
    });
  }

  /** Reports that its start waits, once the events of the step that began it are reported. */
  async #reportWait(): Promise<void> {
    const { context, profile, state } = this.#options;
    await Promise.resolve();
    const reason = context.starts.waitReason(profile().name);
    if (reason !== null) context.report(waitEvent(profile().name, state(), reason));
  }

  /** Signals the whole tree. Dispatches trouble if the system does not permit it. */
  signal(signal: NodeJS.Signals): void {
    if (this.#spawned === undefined || this.#spawned.signal(signal)) return;
    const reason = `not permitted to send ${signal} to process group ${this.#spawned.pid}`;
    this.#options.dispatch({ type: 'trouble', generation: this.#options.state().generation, reason });
  }

  /** What its process has written last until now. */
  lastWords(): LastWords {
    return this.#spawned?.lastWords() ?? { kind: 'unknown' };
  }

  /** Sends SIGKILL before it returns, also to a process that is being spawned: for the 'exit' of gwproxy. */
  killNow(): void {
    this.#killed = true;
    this.#helper?.signal('SIGKILL');
    if (pidOf(this.#options.state().phase) !== null) this.#spawned?.signal('SIGKILL');
  }

  /** The pids of all its processes. */
  async pids(): Promise<readonly number[]> {
    const pid = pidOf(this.#options.state().phase);
    return pid === null ? [] : processesOf(pid, this.mark(this.#options.state().generation));
  }

  /** Resident memory of all its processes in bytes; null if none runs or it cannot be read. */
  async memory(): Promise<number | null> {
    const { phase, generation } = this.#options.state();
    const pid = pidOf(phase);
    return pid === null ? null : treeBytes(pid, this.mark(generation), STATUS_LIST_AGE);
  }

  /** The value of MARK in the environment of that generation's processes. */
  mark(generation: number): string {
    return this.#options.context.run.mark(this.#options.profile().name, generation);
  }

  #run(generation: number, command: Command): Promise<void> {
    const { context, dispatch } = this.#options;
    const { run, report } = context;
    const { name: profile, ready } = this.#options.profile();
    const mark = this.mark(generation);
    const signs = new ReadySigns(generation, dispatch);
    let endOutput = (): void => {};
    this.#outputEnded = new Promise((resolve) => {
      endOutput = resolve;
    });
    return spawnProcess(command, mark, {
      spawned: (spawned) => {
        this.#spawned = spawned;
        run.leaderStarted(profile, spawned.pid);
        if (this.#killed) spawned.signal('SIGKILL');
        dispatch({ type: 'spawned', generation, pid: spawned.pid });
        signs.spawned();
      },
      failed: (reason) => {
        endOutput();
        dispatch({ type: 'spawnFailed', generation, reason });
      },
      line: (stream, line) => {
        report({ type: 'gateway.output', profile, stream, line });
        signs.line(line, this.#options.profile().ready);
      },
      ...(ready.kind === 'log'
        ? { chunk: (stream, chunk) => signs.chunk(stream, chunk, this.#options.profile().ready) }
        : {}),
      ...(ready.kind === 'ipc' ? { ready: () => signs.message() } : {}),
      dropped: (lines) => report({ type: 'output.dropped', profile, lines, reason: 'flood' }),
      exited: ({ code, signal, lastWords, othersLeft }) => {
        if (!othersLeft && this.#spawned !== undefined) run.treeEnded(this.#spawned.pid);
        dispatch({ type: 'exited', generation, code, signal, lastWords: lastWords(), groupLeft: othersLeft });
      },
      treeEnded: (isComplete) => {
        if (this.#spawned !== undefined) run.treeEnded(this.#spawned.pid);
        const reason = 'a process of its group outlived SIGKILL';
        if (!isComplete) dispatch({ type: 'trouble', generation, reason });
        dispatch({ type: 'gone', generation });
      },
      outputEnded: endOutput,
    }).catch((error: unknown) => {
      endOutput();
      throw error;
    });
  }
}
