import type { ServerResponse } from 'node:http';

/** A body up to this is cheaper to copy behind its head, as one write, than to be written beside it. */
const COPY_LIMIT = 4096;

/**
 * The client's side of a gateway's answer. The head waits for what else is there before the event loop turns, so
 * that head and body leave as one packet; what is not there by then (an event stream's first event) it does not
 * wait for.
 */
export class AnswerWriter {
  readonly #res: ServerResponse;
  #first: Buffer | null = null;
  #flushed = false;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  start(status: number, reason: string, headers: string[]): void {
    this.#res.writeHead(status, reason, headers);
    if (unflushed.push(this) === 1) setImmediate(flushAll);
  }

  /** False where the client is slower: wait for 'drain'. */
  write(chunk: Buffer): boolean {
    if (!this.#flushed && this.#first === null) {
      this.#first = chunk;
      return true;
    }
    this.#flushed = true;
    this.#writeFirst();
    return this.#res.write(chunk);
  }

  /** What the response is to be ended with; a string is of bytes, in latin1. */
  takeLastBytes(): string | Buffer | null {
    this.#flushed = true;
    const first = this.#first;
    this.#first = null;
    return first === null || first.length > COPY_LIMIT ? first : first.toString('latin1');
  }

  flush(): void {
    if (this.#flushed || this.#res.destroyed) return;
    this.#flushed = true;
    if (this.#first === null) this.#res.flushHeaders();
    else this.#writeFirst();
  }

  #writeFirst(): void {
    const first = this.#first;
    this.#first = null;
    if (first !== null) this.#res.write(first);
  }
}

/** Answers that began since the event loop turned last: one immediate serves them all. */
const unflushed: AnswerWriter[] = [];

function flushAll(): void {
  for (const writer of unflushed.splice(0)) writer.flush();
}
