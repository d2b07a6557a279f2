import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { isPlainObject } from '../../../src/util/plain-object.ts';
import { cleanUpAfter, type Scope } from '../clean-up.ts';
import { listen } from '../sockets.ts';
import { Sayings } from './sayings.ts';

/** Telegram's Bot API as far as a bot calls it that polls: https://core.telegram.org/bots/api#getupdates */
export class TelegramStandIn {
  readonly sayings = new Sayings();
  readonly #news = new EventEmitter();
  #waiting: object[] = [];
  #polls = 0;
  #port = 0;

  static async start(test: Scope): Promise<TelegramStandIn> {
    const telegram = new TelegramStandIn();
    const server = createServer(async (request, response) => {
      const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
      const given = request.headers['content-type'] === undefined ? {} : await json(request);
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const result = await telegram.#result(token, method, given, gone.signal);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ ok: true, result }));
    });
    telegram.#port = await listen(test, server);
    cleanUpAfter(test, async () => server.closeAllConnections());
    return telegram;
  }

  /** For grammY's apiRoot. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when a bot waits for messages. */
  async polled(): Promise<void> {
    if (this.#polls === 0) await once(this.#news, 'polled', { signal: AbortSignal.timeout(15_000) });
  }

  /** How many bots wait for messages. */
  get polls(): number {
    return this.#polls;
  }

  /** Sends the bot a message of a person. */
  send(text: string): void {
    const chat = { id: 1, type: 'private', first_name: 'Ada' };
    const from = { id: 1, is_bot: false, first_name: 'Ada' };
    this.#waiting.push({ update_id: 1, message: { message_id: 1, date: 1_700_000_000, chat, from, text } });
    this.#news.emit('update');
  }

  async #result(token: string, method: string, given: unknown, gone: AbortSignal): Promise<unknown> {
    if (method === 'getMe') {
      return { id: 100000001, is_bot: true, first_name: 'reminder', username: 'invented_bot' };
    }
    if (method === 'getUpdates') return this.#updates(gone);
    if (method === 'sendMessage' && isPlainObject(given)) {
      this.sayings.add({ token, text: String(given['text']) });
      return { message_id: 2, date: 1_700_000_000, chat: { id: 1, type: 'private', first_name: 'Ada' } };
    }
    return true;
  }

  /** A long poll: it is answered with the next update, or never if the bot goes. */
  async #updates(gone: AbortSignal): Promise<readonly object[]> {
    this.#polls += 1;
    this.#news.emit('polled');
    try {
      if (this.#waiting.length === 0) await once(this.#news, 'update', { signal: gone });
    } catch (error) {
      if (!gone.aborted) throw error;
    } finally {
      this.#polls -= 1;
    }
    const updates = this.#waiting;
    this.#waiting = [];
    return updates;
  }
}
