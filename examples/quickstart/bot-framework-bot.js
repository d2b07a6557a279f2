// A usual Teams bot on Microsoft's Agents SDK. Without credentials (clientId and so on, which the SDK reads from the
// environment) it accepts requests without a token: fine on loopback, never beyond.
import { AgentApplication } from '@microsoft/agents-hosting';
import { createAgentRequestHandler } from '@microsoft/agents-hosting-express';
import express from 'express';

const agent = new AgentApplication();
agent.onActivity('message', async (context) => {
  console.log(`message from ${context.activity.from?.id}: ${context.activity.text}`);
  await context.sendActivity(`teams-bot heard: ${context.activity.text}`);
});

const app = express();
app.get('/health', (_request, response) => response.json({ ok: true }));
app.post('/api/messages', express.json(), createAgentRequestHandler(agent));
app.listen(Number(process.env.PORT), '127.0.0.1');
