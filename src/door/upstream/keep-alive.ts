/**
 * How long, in ms, an idle connection is reused of whose listener nothing else is known: below what any gateway was
 * seen to keep one (gunicorn 2 s, uvicorn and Node 5 s), since one that it closes just as we write is a request
 * lost. A new connection on loopback costs about 0.1 ms.
 */
export const DEFAULT_REUSE = 1000;
/** Of a keep-alive that a gateway announces, these last ms are not used (RFC 9112 §9.3 leaves both sides free). */
export const MARGIN = 500;

/** A reuse shorter than this saves next to nothing, and the gateway's clock and ours differ by some of it. */
const MIN_REUSE = 50;
/** Closed early for another reason (a worker that was replaced), it is not held against the listener for ever. */
const FIRST_TERM = 10 * 60_000;
const LONGEST_TERM = 24 * 60 * 60_000;

/**
 * What was seen of how long one listener keeps idle connections, across its generations. Half of the shortest time
 * is used, and nothing where that is very short. A lesson holds for 10 minutes; one that comes back after its term
 * for twice as long as before.
 */
export class KeepAlive {
  #reuse = DEFAULT_REUSE;
  #until = Number.POSITIVE_INFINITY;
  #term = FIRST_TERM;

  /** How long a connection may have been idle to be reused, in ms; 0: none is. `now` is epoch ms. */
  reuse(now: number): number {
    return now < this.#until ? this.#reuse : DEFAULT_REUSE;
  }

  /** The listener closed a connection that had been idle for that many ms; true where reuse() is less now. */
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
