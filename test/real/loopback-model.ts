import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

/** What the model says to everything. */
export const MODEL_ANSWER = 'hello from the loopback model';

const MODEL = 'loopback';

/** A model on loopback behind an OpenAI-compatible API, as far as a Hermes gateway asks: chat completions and the list. */
export function createModel(): Server {
  return createServer(async (request, response) => {
    const asked: unknown = request.method === 'POST' ? JSON.parse(await text(request)) : {};
    if (request.method !== 'POST') {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model' }] }));
    } else if (isStream(asked)) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const parts = [
        { delta: { role: 'assistant', content: MODEL_ANSWER }, finish_reason: null },
        { delta: {}, finish_reason: 'stop' },
      ];
      for (const part of parts) {
        response.write(`data: ${JSON.stringify(completion('chat.completion.chunk', part))}\n\n`);
      }
      response.end('data: [DONE]\n\n');
    } else {
      const message = { role: 'assistant', content: MODEL_ANSWER };
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(completion('chat.completion', { message, finish_reason: 'stop' })));
    }
  });
}

function isStream(asked: unknown): boolean {
  return typeof asked === 'object' && asked !== null && 'stream' in asked && asked.stream === true;
}

function completion(object: string, choice: object): object {
  return {
    id: 'invented',
    object,
    created: 1_700_000_000,
    model: MODEL,
    choices: [{ index: 0, ...choice }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}
