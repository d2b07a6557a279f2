// What deciding a request costs with 4 and with 10,000 routes: fails where the many cost more than 1.1 × the
// few. The requests go to all of the bots in turn; their ids are written into one body, so that the bodies lie
// equally near to the processor in both.
import { createHmac } from 'node:crypto';
import { inspect } from '../../dist/routing/body/inspect.js';
import { matchBody, matchHead } from '../../dist/routing/match.js';
import { platforms } from '../../dist/routing/platforms/index.js';
import { compileRoutes } from '../../dist/routing/table/table.js';
import { activity, appId } from './activity.mjs';
import { interleave, median, ratio } from './interleaved.mjs';

const FEW = 4;
const MANY = 10_000;
const ROUNDS = 41;
const WARM_UPS = 10;
const CALLS = 10_000;
const MOST = 1.1;

const JSON_TYPE = { contentType: 'application/json', contentEncoding: undefined };

/** As the door's: a keyed hash. */
function seal(secret) {
  return createHmac('sha256', 'invented-key').update(secret).digest('base64url');
}

const digits = (bot) => String(bot + 1).padStart(12, '0');
const teamId = (bot) => `T${digits(bot >> 2)}`;
const slackApp = (bot) => `A${digits(bot & 3)}`;

function slackEvent(bot) {
  const body = {
    type: 'event_callback',
    team_id: teamId(bot),
    api_app_id: slackApp(bot),
    event_id: 'Ev0AAAAAAA1',
    event_time: 1_700_000_000,
    event: { type: 'app_mention', user: 'U0AAAAAAA9', text: 'hello '.repeat(100), channel: 'C0AAAAAAA1' },
    authorizations: [{ enterprise_id: null, team_id: teamId(bot), user_id: 'U0AAAAAAA1', is_bot: true }],
  };
  return Buffer.from(JSON.stringify(body));
}

/** Puts what stands at each of those places; the places are found once. */
function writer(body, placeOf) {
  const places = placeOf.map(([sought, textOf]) => {
    const found = [];
    for (let at = body.indexOf(sought); at >= 0; at = body.indexOf(sought, at + 1)) found.push(at);
    return { found, textOf };
  });
  return (bot) => {
    for (const { found, textOf } of places) {
      const text = textOf(bot);
      for (const at of found) body.latin1Write(text, at);
    }
    return body;
  };
}

const KINDS = [
  {
    name: 'bot_framework: app',
    route: (bot) => ({ platform: 'bot-framework', fields: { app: [appId(bot)] } }),
    headers: new Map(),
    body: () => writer(activity(0), [[`28:${appId(0)}`, (bot) => `28:${appId(bot)}`]]),
  },
  {
    name: 'slack: team, app',
    route: (bot) => ({ platform: 'slack', fields: { team: [teamId(bot)], app: [slackApp(bot)] } }),
    headers: new Map([['x-slack-signature', 'v0=invented']]),
    body: () =>
      writer(slackEvent(0), [
        [teamId(0), teamId],
        [slackApp(0), slackApp],
      ]),
  },
];

function tableOf({ route }, count) {
  const routes = Array.from({ length: count }, (_, bot) => ({
    profile: `bot-${bot}`,
    key: route(bot),
    host: null,
    path: '',
    stripPrefix: false,
    fallback: false,
    unverified: false,
    fanOut: false,
    source: { file: 'gwproxy.yaml', line: bot + 1, column: 1 },
  }));
  return compileRoutes(routes, platforms, seal);
}

/** Decides requests as the door does, each for the next of the bots; throws where one is for none. */
function decider(kind, count, bots) {
  const table = tableOf(kind, count);
  const write = kind.body();
  const headers = new Map([...kind.headers, ['content-type', 'application/json']]);
  const head = {
    method: 'POST',
    path: '/webhooks',
    query: '',
    host: 'bots.example.com',
    header: (name) => headers.get(name),
  };
  const decide = (bot) => {
    const bytes = write(bot);
    const found = matchHead(table, head);
    const outcome =
      found.kind === 'needs-body'
        ? matchBody(found.scope, head, inspect(JSON_TYPE, bytes, found.reads))
        : found;
    if (outcome.kind !== 'match') throw new Error(`bot-${bot}'s request: ${JSON.stringify(outcome)}`);
    return outcome;
  };
  for (const bot of bots) {
    if (decide(bot).profile !== `bot-${bot}`) throw new Error(`bot-${bot}'s request went to another`);
  }
  let next = 0;
  return () => decide(bots[next++ % bots.length]);
}

const range = (count, step) => Array.from({ length: count }, (_, at) => at * step);
/** Never one beside the last: 3739 has no divisor in common with 10,000. */
const everyOne = range(MANY, 1).map((at) => (at * 3739) % MANY);

console.log(
  `${ROUNDS} interleaved rounds of ${CALLS} decisions, medians in µs; node ${process.version}. ` +
    `Fails where requests for ${FEW} bots cost above ${MOST} × with ${MANY} routes.\n\n` +
    `routes by             ${FEW} routes   ${MANY} routes   ratio   ${MANY} routes, requests for all   ratio`,
);
for (const kind of KINDS) {
  const contestants = [
    decider(kind, FEW, range(FEW, 1)),
    decider(kind, MANY, range(FEW, MANY / FEW)),
    decider(kind, MANY, everyOne),
  ];
  const [few, many, all] = interleave(contestants, { rounds: ROUNDS, warmUps: WARM_UPS, calls: CALLS });
  const times = ratio(many, few);
  const micros = (samples) => (median(samples) / 1000).toFixed(2);
  console.log(
    `${kind.name.padEnd(22)}${micros(few).padEnd(11)}${micros(many).padEnd(15)}${times.toFixed(3).padEnd(8)}` +
      `${micros(all).padEnd(32)}${ratio(all, few).toFixed(3)}${times > MOST ? '   MORE' : ''}`,
  );
  if (times > MOST) process.exitCode = 1;
}
