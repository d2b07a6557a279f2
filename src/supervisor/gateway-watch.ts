import type { ListenerPlan, ProfilePlan } from '../config/types.ts';
import type { Holder } from '../holder.ts';
import { mebibytes } from '../util/duration.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { CommandHealth } from './health/command-health.ts';
import { GatewayProbes } from './health/gateway-probes.ts';
import { type GatewayEvent, type GatewayState, pidOf } from './lifecycle/state.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { MemoryWatch } from './tree/memory.ts';

export interface GatewayWatchOptions {
  readonly context: SupervisorContext;
  readonly profile: () => ProfilePlan;
  readonly state: () => GatewayState;
  readonly process: GatewayProcess;
  readonly dispatch: (event: GatewayEvent) => void;
  /** The processes or sockets of the gateway that hold that listener's port have changed. */
  readonly holdersChanged: (listener: string) => void;
}

/** Watches one gateway while it runs: its listeners, its health command and its memory. */
export class GatewayWatch {
  readonly #options: GatewayWatchOptions;
  readonly #probes: GatewayProbes;
  readonly #command: CommandHealth;
  #memory: MemoryWatch | undefined;

  constructor(options: GatewayWatchOptions) {
    const { context, profile, state, process, dispatch, holdersChanged } = options;
    const { name } = profile();
    this.#options = options;
    this.#probes = new GatewayProbes({
      profile,
      ports: () => context.ports.of(name),
      leader: () => pidOf(state().phase),
      members: () => process.pids(),
      now: context.now,
      report: context.report,
      dispatch,
      holdersChanged,
    });
    this.#command = new CommandHealth({
      profile,
      mark: (generation) => context.run.helperMark(name, generation),
      variables: () => process.variables,
      started: (pid) => context.run.helperStarted(pid),
      ended: (pid) => context.run.treeEnded(pid),
      now: context.now,
      dispatch,
    });
  }

  /** Watches that generation, as the current profile says. Within one generation the findings carry over. */
  start(generation: number): void {
    this.#probes.start(generation);
    this.#command.start(generation);
    this.#memory?.end();
    this.#memory = this.#watchMemory(generation);
  }

  end(): void {
    this.#probes.end();
    this.#command.end();
    this.#memory?.end();
  }

  /** Resolves once no process of a health command is left. */
  get ended(): Promise<unknown> {
    return this.#command.ended;
  }

  /** Sends SIGKILL to a health command before it returns: for the 'exit' of gwproxy. */
  killNow(): void {
    this.#command.killNow();
  }

  /** How the last probes failed, and what to change; '' if none did. */
  failureText(): string {
    return [this.#probes.failureText(), this.#command.failureText()].filter((text) => text !== '').join('; ');
  }

  /** Whether a probe has failed otherwise than in a gateway that is merely not ready yet. */
  get hasTellingFailure(): boolean {
    return this.#probes.hasTellingFailure;
  }

  /** The holders of that listener's port among the gateway's own processes; empty while they are not known. */
  holders(listener: string): readonly Holder[] {
    return this.#probes.holders(listener);
  }

  /** The address at which the listener is reached. */
  host(listener: Pick<ListenerPlan, 'name' | 'host'>): string {
    return this.#probes.host(listener);
  }

  /** A door could not connect to that listener, see GatewayProbes. */
  connectionFailed(listener: string, code: string): void {
    this.#probes.connectionFailed(listener, code);
  }

  #watchMemory(generation: number): MemoryWatch | undefined {
    const { profile, state, process, context, dispatch } = this.#options;
    const { name, maxMemory: limit } = profile();
    const pid = pidOf(state().phase);
    if (limit === null || pid === null) return undefined;
    return new MemoryWatch({
      pid,
      mark: process.mark(generation),
      limit,
      near: (bytes) => context.report({ type: 'gateway.memory', profile: name, bytes, limit }),
      exceeded: (bytes) => {
        const reason = `its memory, ${mebibytes(bytes)}, is above max_memory (${mebibytes(limit)})`;
        dispatch({ type: 'memoryExceeded', generation, reason });
      },
    });
  }
}
