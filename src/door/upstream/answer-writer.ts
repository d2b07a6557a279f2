import type { ServerResponse } from 'node:http';

/** Bytes up to which copying a body behind its head, as one write, is cheaper than two writes. */
const COPY_LIMIT = 4096;

/**
 * Writes a gateway's answer to the client. The head waits for the next turn of the event loop, so that head and body
 * leave as one packet if the body has arrived. It waits no longer, since an event stream may have no body yet.
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

  /** False if the client is slower: wait for 'drain'. */
  write(chunk: Buffer): boolean {
    if (!this.#flushed && this.#first === null) {
      this.#first = chunk;
      return true;
    }
    this.#flushed = true;
    this.#writeFirst();
    return this.#res.write(chunk);
  }

  /** Marks the answer as flushed, and returns the bytes to end the response with; a string is latin1. */
  finish(): string | Buffer | null {
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

/** Answers that were started in this turn of the event loop; one immediate flushes them all. */
const unflushed: AnswerWriter[] = [];

function flushAll(): void {
  for (const writer of unflushed.splice(0)) writer.flush();
}
