import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { Timer, Timers } from '../../util/timers.ts';

/** Ms over which the rate of a body is measured; Kestrel and Apache's mod_reqtimeout grant as much before they begin. */
const WINDOW = 5000;
/** Ms between two checks. */
const CHECK_INTERVAL = 1000;

/** A body that the door waits for. The window is kept by `BodyPaces`. */
export interface PacedBody {
  /** Bytes that have arrived. */
  readonly received: number;
  /** Epoch ms. */
  windowStart: number;
  /** Bytes that had arrived when the window began. */
  windowBytes: number;
  /** Ends the request. */
  readonly stop: (error: DoorError) => void;
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
  readonly #awaited = new Set<PacedBody>();
  #timer: Timer | null = null;

  /** `now` in epoch ms. */
  constructor(limits: Pick<Limits, 'bodyRate'>, timers: Timers, now: () => number) {
    this.#limits = limits;
    this.#timers = timers;
    this.#now = now;
  }

  /** The door waits for bytes of this body from `now` (epoch ms) on. */
  begin(body: PacedBody, now = this.#now()): void {
    if (this.#awaited.has(body)) return;
    this.#startWindow(body, now);
    this.#awaited.add(body);
    this.#scheduleCheck();
  }

  /** The body is complete, or the door itself does not read on at present. */
  end(body: PacedBody): void {
    this.#awaited.delete(body);
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
    for (const body of this.#awaited) {
      if (now - body.windowStart < WINDOW) continue;
      if (body.received - body.windowBytes >= least) {
        this.#startWindow(body, now);
      } else {
        this.#awaited.delete(body);
        body.stop(tooSlow());
      }
    }
  }

  #startWindow(body: PacedBody, now: number): void {
    body.windowStart = now;
    body.windowBytes = body.received;
  }
}

function tooSlow(): DoorError {
  return new DoorError('GWPROXY_REQUEST_TIMEOUT', 'the body arrived too slowly');
}
