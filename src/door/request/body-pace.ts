import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Timer, Timers } from '../../util/timers.ts';

/** Ms over which the rate of a body is measured; Kestrel and Apache's mod_reqtimeout grant as much before they begin. */
const WINDOW = 5000;
/** Ms between two checks. */
const CHECK_INTERVAL = 1000;

/** A body that the door waits for. */
export class BodyPace {
  /** Bytes that have arrived. */
  bytes = 0;
  readonly onTooSlow: (error: DoorError) => void;
  /** Epoch ms and bytes at the start of the present window. */
  windowStart = 0;
  windowBytes = 0;

  constructor(onTooSlow: (error: DoorError) => void) {
    this.onTooSlow = onTooSlow;
  }
}

/**
 * Ends bodies that arrive more slowly than limits.body_rate. It is measured anew in each window of 5 s, so that a sender
 * that was fast cannot stand still afterwards. One timer serves all of them, since most bodies are complete within a
 * turn of the event loop.
 */
export class BodyPaces {
  readonly #limits: Pick<Limits, 'bodyRate'>;
  readonly #timers: Timers;
  readonly #now: () => number;
  readonly #awaited = new Set<BodyPace>();
  #timer: Timer | null = null;

  /** `now` in epoch ms. */
  constructor(limits: Pick<Limits, 'bodyRate'>, timers: Timers, now: () => number) {
    this.#limits = limits;
    this.#timers = timers;
    this.#now = now;
  }

  /** The door waits for bytes of this body from now on. */
  begin(pace: BodyPace): void {
    if (this.#awaited.has(pace)) return;
    this.#startWindow(pace, this.#now());
    this.#awaited.add(pace);
    this.#scheduleCheck();
  }

  /** The body is complete, or the door itself does not read on at present. */
  end(pace: BodyPace): void {
    this.#awaited.delete(pace);
  }

  #scheduleCheck(): void {
    this.#timer ??= this.#timers.after(CHECK_INTERVAL, () => {
      this.#timer = null;
      this.#check(this.#now());
      if (this.#awaited.size > 0) this.#scheduleCheck();
    });
  }

  #check(now: number): void {
    const least = (this.#limits.bodyRate * WINDOW) / 1000;
    for (const pace of this.#awaited) {
      if (now - pace.windowStart < WINDOW) continue;
      if (pace.bytes - pace.windowBytes >= least) {
        this.#startWindow(pace, now);
      } else {
        this.#awaited.delete(pace);
        pace.onTooSlow(tooSlow());
      }
    }
  }

  #startWindow(pace: BodyPace, now: number): void {
    pace.windowStart = now;
    pace.windowBytes = pace.bytes;
  }
}

function tooSlow(): DoorError {
  return new DoorError('GWPROXY_REQUEST_TIMEOUT', 'the body arrived too slowly');
}
