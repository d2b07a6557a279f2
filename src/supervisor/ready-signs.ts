import type { ReadyRule } from '../config/types.ts';
import type { GatewayEvent } from './lifecycle/state.ts';
import { lineHolds } from './process/line-text.ts';
import { TextSearch } from './process/text-search.ts';

/**
 * What the process of one generation says about its readiness, by its output or a message. It may say so before it is
 * known to be spawned, since a limit takes a moment to be set; the reducer hears of it afterwards.
 */
export class ReadySigns {
  readonly #generation: number;
  readonly #dispatch: (event: GatewayEvent) => void;
  readonly #searches = { stdout: new TextSearch(), stderr: new TextSearch() };
  #isSpawned = false;
  #sign: 'log' | 'ipc' | null = null;

  constructor(generation: number, dispatch: (event: GatewayEvent) => void) {
    this.#generation = generation;
    this.#dispatch = dispatch;
  }

  /** Must be called once the reducer knows the process. */
  spawned(): void {
    this.#isSpawned = true;
    this.#tell();
  }

  /** Looks for the text of `ready_log` in a line of its output, until one held it. */
  line(line: string, rule: ReadyRule): void {
    if (rule.kind !== 'log' || this.#sign !== null) return;
    if (lineHolds(line, rule.text)) this.#found('log');
  }

  /**
   * Looks for that text in output as it is, since a line that comes too fast is never cut out. Colours within the text
   * are found by `line` alone.
   */
  chunk(stream: 'stdout' | 'stderr', chunk: Buffer, rule: ReadyRule): void {
    if (rule.kind !== 'log' || this.#sign !== null) return;
    if (this.#searches[stream].push(chunk, rule.text)) this.#found('log');
  }

  message(): void {
    this.#found('ipc');
  }

  #found(sign: 'log' | 'ipc'): void {
    this.#sign = sign;
    if (this.#isSpawned) this.#tell();
  }

  #tell(): void {
    const kind = this.#sign;
    const generation = this.#generation;
    if (kind !== null) {
      this.#dispatch({ type: 'conditionMet', generation, condition: { kind } });
    }
  }
}
