import type { Readable } from 'node:stream';
import { LF } from '../../util/lines.ts';
import { ReadPace } from './read-pace.ts';

/**
 * The variable in which Node finds the descriptor of its IPC channel (nodejs.org/api/child_process.html, `fork`): on it
 * a process writes each message as one line of JSON. Node deletes the variable, so that its own children get no channel.
 */
export const CHANNEL_VARIABLE = 'NODE_CHANNEL_FD';

/** The message as `process.send('ready')` writes it, as for wait_ready of pm2. */
const READY = '"ready"';

/**
 * At most so many bytes are read within 10 ms; a process that sends more waits. Each byte is looked at once and none is
 * kept but the beginning of a line, whatever a process sends.
 */
const WINDOW_BYTES = 256 * 1024;

/** A longer line is another message. White space around the message is allowed. */
const LONGEST_LINE = 64;

/**
 * Reads the IPC channel of a process until it sends the message 'ready', and drops all else that it sends, then and
 * later: without a reader, a process that sends more would wait, and one whose channel is closed would end by an error.
 */
export class ReadyChannel {
  readonly #stream: Readable;
  readonly #ready: () => void;
  readonly #pace: ReadPace;
  #isReady = false;
  /** The beginning of the line in progress; longer than LONGEST_LINE: another message. */
  #line = '';

  /** `ready` is called at most once. */
  constructor(stream: Readable, ready: () => void) {
    this.#stream = stream;
    this.#ready = ready;
    this.#pace = new ReadPace([stream], WINDOW_BYTES);
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    // ECONNRESET: the process has ended with messages for it unread. Its end is reported elsewhere.
    stream.on('error', () => {});
  }

  close(): void {
    this.#pace.end();
    this.#stream.destroy();
  }

  #read(chunk: Buffer): void {
    this.#pace.count(chunk.length, performance.now());
    for (let at = 0; at < chunk.length && !this.#isReady; ) {
      const found = chunk.indexOf(LF, at);
      const end = found === -1 ? chunk.length : found;
      const room = LONGEST_LINE + 1 - this.#line.length;
      this.#line += chunk.toString('latin1', at, Math.min(end, at + room));
      at = end + 1;
      if (found === -1) return;
      const isReady = this.#line.length <= LONGEST_LINE && this.#line.trim() === READY;
      this.#line = '';
      if (!isReady) continue;
      this.#isReady = true;
      this.#ready();
    }
  }
}
