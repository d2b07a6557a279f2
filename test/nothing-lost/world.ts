import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../support/sockets.ts';
import type { Authority } from './senders/tokens.ts';

const RESPONDER = '/responder/';

/** What the bridge of that name is told to hand its activities to. */
export function responderPath(name: string): string {
  return RESPONDER + name;
}

/** As the bridge wraps an activity; of it only what is needed here. */
const Envelope = z.object({
  agent: z.object({ slug: z.string() }),
  activity: z.object({ id: z.string(), type: z.string() }),
});

interface Test {
  after(cleanUp: () => Promise<void>): void;
}

/**
 * All that the bots call, in the test's own process: the keys of who issues tokens, and the bridges' responder, which
 * records what each of them saw before it lets it answer. The URL.
 */
export async function startWorld(test: Test, authority: Authority, folder: string): Promise<string> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url === authority.keysPath) {
      response.end(authority.keys);
      return;
    }
    if (!url.startsWith(RESPONDER)) {
      response.writeHead(404).end();
      return;
    }
    const { agent, activity } = Envelope.parse(JSON.parse(await text(request)));
    // Named twice, by the URL that this bridge was given and by itself.
    if (agent.slug !== basename(url)) throw new Error(`${agent.slug} calls itself ${basename(url)}`);
    appendFileSync(join(folder, `${agent.slug}.record`), `${Date.now()} ${activity.id}\n`);
    const body = { id: activity.id };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(activity.type === 'invoke' ? { invokeResponse: { status: 200, body } } : {}));
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A bridge that is killed breaks off what it sends; the rest is told by what it could not record.
      if (!request.destroyed || request.complete) console.error('the responder failed:', error);
      response.destroy();
    });
  });
  const port = await listen(test, server);
  test.after(async () => server.closeAllConnections());
  return `http://127.0.0.1:${port}`;
}
