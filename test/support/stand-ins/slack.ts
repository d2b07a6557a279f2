import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { cleanUpAfter, type Scope } from '../clean-up.ts';
import { listen } from '../sockets.ts';
import { Sayings } from './sayings.ts';

/**
 * Slack's Web API as far as Bolt calls it, and Socket Mode:
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export class SlackStandIn {
  readonly sayings = new Sayings();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #news = new EventEmitter();
  #port = 0;

  static async start(test: Scope): Promise<SlackStandIn> {
    const slack = new SlackStandIn();
    const server = createServer(async (request, response) => {
      const answer = slack.#answer(request, await text(request));
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(answer));
    });
    server.on('upgrade', (request, socket, head) => {
      slack.#sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on('message', (data) => slack.#news.emit('acknowledged', String(data)));
        opened.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
        slack.#news.emit('connected');
      });
    });
    slack.#port = await listen(test, server);
    cleanUpAfter(test, async () => {
      for (const socket of slack.#sockets.clients) socket.terminate();
      server.closeAllConnections();
    });
    return slack;
  }

  /** For Bolt's slackApiUrl. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/api/`;
  }

  /** How many bots are connected. */
  get connections(): number {
    return this.#sockets.clients.size;
  }

  async connected(): Promise<void> {
    if (this.connections === 0) await once(this.#news, 'connected', { signal: AbortSignal.timeout(15_000) });
  }

  /** Sends an event over the one open WebSocket; resolves when its bot has acknowledged it. */
  async send(event: unknown): Promise<void> {
    const [socket] = this.#sockets.clients;
    if (socket === undefined) throw new Error('no bot is connected');
    const acknowledged = once(this.#news, 'acknowledged', { signal: AbortSignal.timeout(15_000) });
    const envelope = { type: 'events_api', envelope_id: 'envelope-1', accepts_response_payload: false };
    socket.send(JSON.stringify({ ...envelope, payload: event }));
    const [answer]: unknown[] = await acknowledged;
    if (!String(answer).includes('envelope-1')) throw new Error(`it answered ${String(answer)}`);
  }

  #answer({ url, headers }: IncomingMessage, body: string): object {
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    switch (url) {
      case '/api/auth.test':
        return { ok: true, team_id: 'T0AAAAAAA1', user_id: 'U0AAAAAAA1', bot_id: 'B0AAAAAAA1' };
      case '/api/apps.connections.open':
        return { ok: true, url: `ws://127.0.0.1:${this.#port}/link` };
      case '/api/chat.postMessage':
        this.sayings.add({ token, text: new URLSearchParams(body).get('text') ?? '' });
        return { ok: true, ts: '1700000000.0002' };
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }
}
