/**
 * Ms that an idle connection to a listener is reused by default: less than any gateway was seen to keep one (gunicorn
 * 2 s, uvicorn and Node 5 s), since a request that is written just as the gateway closes is lost. A new connection on
 * loopback costs about 0.1 ms.
 */
export const DEFAULT_REUSE = 1000;
/** Ms by which a reuse ends before the keep-alive that a gateway announces (RFC 9112 §9.3 lets both sides close). */
export const MARGIN = 500;

/** Ms below which a reuse saves next to nothing, and timers are too coarse. */
const MIN_REUSE = 50;
/** Ms that an observed close counts for: it may have had another reason, such as a replaced worker. */
const FIRST_TERM = 10 * 60_000;
const LONGEST_TERM = 24 * 60 * 60_000;

/**
 * Learns how long one listener keeps idle connections, across its generations. Half of the shortest observed time is
 * used, and no reuse at all if that is very short. An observation counts for 10 minutes; if it recurs after its term,
 * for twice as long as before.
 */
export class KeepAlive {
  #reuse = DEFAULT_REUSE;
  #until = Number.POSITIVE_INFINITY;
  #term = FIRST_TERM;

  /** Ms that a connection may have been idle and still be reused; 0 for no reuse. `now` is epoch ms. */
  reuse(now: number): number {
    return now < this.#until ? this.#reuse : DEFAULT_REUSE;
  }

  /** Records that the listener closed a connection that had been idle for that many ms; true if reuse() is less now. */
  learn(idle: number, now: number): boolean {
    const half = Math.floor(idle / 2);
    const reuse = half < MIN_REUSE ? 0 : half;
    if (reuse >= this.reuse(now)) return false;
    if (now >= this.#until) this.#term = Math.min(2 * this.#term, LONGEST_TERM);
    this.#reuse = reuse;
    this.#until = now + this.#term;
    return true;
  }
}
