import { createServer } from 'node:http';
import { bots } from './activity.mjs';

/** One HTTP server a bot; each reads the body and answers who it is and how much it got. */
export async function startUpstreams() {
  const servers = await Promise.all(
    Array.from({ length: bots }, async (_, bot) => {
      const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
        let size = 0;
        request.on('data', (chunk) => {
          size += chunk.length;
        });
        request.on('end', () => {
          const answer = `${bot} ${size}`;
          response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': answer.length });
          response.end(answer);
        });
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return {
    ports: servers.map((server) => server.address().port),
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
