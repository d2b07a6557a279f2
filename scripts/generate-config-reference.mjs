// Writes docs/reference/config.md from the config's JSON Schema, as the built package has it (`npm run build` first).
// With --check it writes nothing, and exits with 1 where the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../dist/config/json-schema.js';
import { DURATION, SIZE } from '../dist/config/schema/units.js';

const PAGE = new URL('../docs/reference/config.md', import.meta.url);

const schema = configJsonSchema();
const profile = schema.properties.profiles.additionalProperties;
const listener = profile.properties.listeners.anyOf.map((kind) => kind.additionalProperties).find(Boolean);
const routeKeys = profile.properties.routes.items.properties;
const ownRouteKeys = ['path', 'host', 'strip_prefix', 'fallback', 'unverified', 'header', 'json'];

/** The keys that have a section of their own, by the schema node that describes them. */
const SECTION_OF = new Map([
  [schema.properties.logs, 'logs'],
  [schema.properties.limits, 'limits'],
  [schema.properties.defaults, 'a-profile'],
  [schema.properties.profiles, 'a-profile'],
  [profile.properties.listeners, 'a-listener'],
  [listener.properties.health, 'health-and-liveness'],
  [listener.properties.liveness, 'health-and-liveness'],
  [profile.properties.routes, 'routes'],
  [profile.properties.verify, 'verify'],
  [profile.properties.restart, 'restart'],
  [profile.properties.run, 'run'],
  [profile.properties.stop, 'stop'],
]);

const SECTIONS = [
  {
    title: 'The top of the file',
    intro: 'These keys stand at the left margin of `gwproxy.yaml`.',
    rows: () => rows(schema),
    example: `
listen: 127.0.0.1:3978
public_url: https://bots.example.com
profile_paths: false
include: profiles/*.yaml
watch: safe
start_concurrency: 4
logs: { keep: 200MiB }
limits: { body: 8MiB }
defaults:
  stop: { grace: 5s }
profiles:
  standup-bot:
    command: node bot.js
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
  {
    title: 'logs',
    intro: 'Where the output of the gateways and the log of gwproxy itself go. See [logs](../logs.md).',
    rows: () => rows(schema.properties.logs),
    example: `
logs:
  folder: logs
  size: 10MiB
  age: 24h
  keep: 100MiB
profiles:
  standup-bot:
    command: node bot.js
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
  {
    title: 'limits',
    intro:
      'The most that the public port accepts. Every limit has a default that suits a machine with some dozens of bots.',
    rows: () => rows(schema.properties.limits),
    example: `
limits:
  body: 4MiB
  streamed: 100MiB
  buffered: 128MiB
  headers: 32KiB
  header_time: 15s
  body_time: 60s
  body_rate: 1KiB
  connections: 4096
  answer_time: 120s
  idle_time: 5m
  held_per_profile: 256
  held_bytes_per_profile: 32MiB
  held: 1024
profiles:
  standup-bot:
    command: node bot.js
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
  {
    title: 'A profile',
    intro:
      'A profile needs `command`, `url` or `preset`. Every key may also stand in `defaults`, where it holds for all profiles that do not write it themselves.',
    rows: () => rows(profile),
    example: `
profiles:
  standup-bot:
    command: [node, bot.js]
    enabled: true
    cwd: .
    env: { LOG_LEVEL: info }          # a value may be { file: … } or { credential: … }, see secrets.md
    env_file: secrets/standup-bot.env # or a list
    # env_command: [op, inject, -i, standup-bot.env.tpl]
    start: on-demand
    start_timeout: 60s
    after: [inbox-triage]
    start_group: shared-root
    idle_timeout: 10m
    owner_check: lenient
    max_memory: 512MiB
    max_open_files: 4096
    nice: 5
    umask: 027
    log_file: logs/standup-bot.log
    listeners: { main: { health: /healthz } }
    routes: [{ slack: { team: T0AAAAAAA1 } }]
    fan_out: false
    add_prefix: /p/standup-bot
    keep_headers: [X-Original-URL]
    verify: { slack: { signing_secret: "\${SLACK_SIGNING_SECRET}" } }
    delivery: spool
    restart: { when: always }
    stop: { drain: 10s }
    # user: standup        # user and group need a gwproxy that runs as root
    # group: standup
  inbox-triage:
    command: node triage.js
    routes: [{ path: /triage }]
  legacy-bot:
    url: http://127.0.0.1:4000
    routes: [{ path: /legacy }]
  queue-worker:
    command: python3 worker.py
    listeners: none
    ready_after: 5s
  polling-bot:
    command: node polling.js
    listeners: none
    ready_log: polling started
  socket-mode-bot:
    command: node socket-mode.js
    listeners: none
    ready: ipc
  mail-worker:
    command: node mail.js
    listeners: none
    health: { command: [node, is-alive.js], interval: 30s, timeout: 10s, failures: 3, successes: 1, restart_after: 60s }
  nightly-report:
    command: node report.js
    run: { schedule: '30 2 * * *' }
  # calendar-concierge:
  #   preset: hermes       # or preset: { hermes: { profile: my_bot } }
  # support:
  #   preset: openclaw     # or preset: { openclaw: { profile: My_Ops } }`,
  },
  {
    title: 'A listener',
    intro:
      'Each entry of `listeners` is one port of the gateway. A profile that names none has one listener, `main`: its port is chosen by gwproxy and passed as `PORT`, and all of its paths are public. With `listeners: none` the profile is a [bot without a port](../supervision.md#bots-without-a-port).',
    rows: () => rows(listener),
    example: `
profiles:
  inbox-triage:
    command: node triage.js
    listeners:
      messages: { port: 18681, host: 127.0.0.1, paths: [/api/messages], health: /healthz }
      webhook: { port: auto, port_env: WEBHOOK_PORT, paths: [/webhooks], add_prefix: /hooks, liveness: /livez }
      api: { port: 18651 }
    routes: [{ bot_framework: { app: 00000000-0000-0000-0000-000000000001 } }]`,
  },
  {
    title: 'health and liveness',
    intro:
      '`health` decides whether a listener gets requests. `liveness` decides whether a gateway that no longer answers is restarted; without it `health.restart_after` does. A path alone is short for `{ path: … }`. `restart_after` belongs to `health` only, and not beside `liveness`.',
    rows: () => rows(mapWithin(listener.properties.health)),
    example: `
profiles:
  standup-bot:
    command: node bot.js
    listeners:
      main:
        health:
          path: /healthz
          status: [200, 204]
          body: ok
          interval: 5s
          timeout: 2s
          failures: 3
          successes: 1
          restart_after: 60s
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
  {
    title: 'routes',
    intro:
      'A list; a request that matches any one of them is for this profile. A route names at most one sender, or `header` and `json`, and may add `path` and `host`. See [routes](../routes.md).',
    rows: () => rows({ properties: Object.fromEntries(ownRouteKeys.map((key) => [key, routeKeys[key]])) }),
    example: `
profiles:
  intake:
    command: node intake.js
    routes:
      - { path: /intake, strip_prefix: true }
      - { host: intake.example.com, path: /all, fallback: true }
      - { path: /form, unverified: allow }
      - header: { name: X-Tenant, value: blue }
        json: { pointer: /account/id, value: [1001, 1002] }`,
  },
  {
    title: 'Routes by sender',
    intro:
      'Every field that a route gives must match; of a list, any one value. Where each id is found is in [senders](../senders.md). Viber names no bot in its requests and has no key: give each bot a `path`.',
    rows: () =>
      Object.entries(routeKeys)
        .filter(([key]) => !ownRouteKeys.includes(key))
        .flatMap(([key, node]) => rows(node, `${key}.`)),
    example: `
profiles:
  every-sender:
    command: node bot.js
    routes:
      - bot_framework: { app: 00000000-0000-0000-0000-000000000001, tenant: 00000000-0000-0000-0000-0000000000aa }
      - bot_framework: { recipient: "8:orgid:00000000-0000-0000-0000-000000000002" }
      - bot_framework: { agentic_app: 00000000-0000-0000-0000-000000000003 }
      - dingtalk: { robot: dinginvented0000001 }
      - discord: { application: "100000000000000001" }
      - gitea: { repository: invented/site }
      - gitea: { owner: invented }
      - github: { app: 100001, installation: 10000001 }
      - github: { repository: invented/site, hook: 100000001 }
      - google_chat: { audience: "100000000001" }
      - graph: { subscription: 00000000-0000-0000-0000-000000000004, client_state: invented-client-state }
      - instagram: { account: 17840000000000001 }
      - instagram: { verify_token: invented-verify-token-1 }
      - lark: { app: cli_a000000000000001 }
      - line: { destination: U00000000000000000000000000000001 }
      - mattermost: { token: inventedtoken0000000000001, team: inventedteam00000000000001 }
      - messenger: { page: 100000000000001 }
      - messenger: { verify_token: invented-verify-token-2 }
      - slack: { team: T0AAAAAAA1, app: A0AAAAAAA1 }
      - slack: { enterprise: E0AAAAAAA1 }
      - slack: { token: invented-verification-token }
      - telegram: { secret_token: invented-secret-token }
      - twilio: { to: "+15550100", account: AC00000000000000000000000000000001 }
      - webex: { webhook: Y2lzY29pbnZlbnRlZDE, app: Y2lzY29pbnZlbnRlZDI }
      - wecom: { corp: ww0000000000000001, agent: 1000001 }
      - whatsapp: { phone_number: 100000000000001, account: 100000000000002 }
      - whatsapp: { verify_token: invented-verify-token-3 }
      - zoom: { account: InventedAccount0000001 }`,
  },
  {
    title: 'verify',
    intro:
      'What proves that a request is from its sender. A sender without an entry passes unverified. See [verification](../verification.md). Each secret may be `{ file: … }` or `{ credential: … }`, as in [secrets](../secrets.md).',
    rows: () => rows(profile.properties.verify),
    example: `
profiles:
  every-sender:
    command: node bot.js
    env_file: secrets/every-sender.env
    routes:
      - bot_framework: { app: 00000000-0000-0000-0000-000000000001 }
      - slack: { team: T0AAAAAAA1 }
      - github: { repository: invented/site }
      - gitea: { repository: invented/site }
      - line: { destination: U00000000000000000000000000000001 }
      - whatsapp: { phone_number: 100000000000001 }
      - telegram: { secret_token: "\${TELEGRAM_SECRET_TOKEN}" }
      - twilio: { to: "+15550100" }
      - discord: { application: "100000000000000001" }
      - graph: { client_state: "\${GRAPH_CLIENT_STATE}" }
    verify:
      bot_framework:               # or: true
        apps: 00000000-0000-0000-0000-000000000001
        issuers: https://api.botframework.com
        tenants: 00000000-0000-0000-0000-0000000000aa
        service_urls: https://smba.trafficmanager.net/
        keys_url: https://login.botframework.com/v1/.well-known/keys    # or keys_file: keys.json
      slack: { signing_secret: "\${SLACK_SIGNING_SECRET}" }
      gitea: { secret: "\${GITEA_SECRET}" }
      github: { secret: ["\${GITHUB_SECRET}", "\${OLD_GITHUB_SECRET}"] }
      line: { channel_secret: "\${LINE_CHANNEL_SECRET}" }
      meta: { app_secret: "\${META_APP_SECRET}" }
      telegram: { secret_token: "\${TELEGRAM_SECRET_TOKEN}" }
      twilio: { auth_token: "\${TWILIO_AUTH_TOKEN}", shared_key: "\${TWILIO_SHARED_KEY}", algorithm: HMAC_SHA256 }
      discord: { public_key: "\${DISCORD_PUBLIC_KEY}" }
      graph: { client_state: "\${GRAPH_CLIENT_STATE}" }
public_url: https://bots.example.com`,
  },
  {
    title: 'restart',
    intro: 'What follows when a gateway ends by itself. See [supervision](../supervision.md).',
    rows: () => rows(profile.properties.restart),
    example: `
profiles:
  standup-bot:
    command: node bot.js
    restart:
      when: always
      min: 500ms
      max: 30s
      reset: 60s
      exit_codes: { 75: at-once, 78: fail }
      give_up: { restarts: 10, within: 5m }
      schedule: '0 4 * * *'
      timezone: Europe/Berlin
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
  {
    title: 'run',
    intro:
      'A job: a profile without a port that is started at certain times, runs to its end, and is not restarted. See [supervision](../supervision.md#jobs).',
    rows: () => rows(profile.properties.run),
    example: `
profiles:
  nightly-report:
    command: node report.js
    run:
      schedule: '30 2 * * *'
      timezone: Europe/Berlin
      timeout: 1h`,
  },
  {
    title: 'stop',
    intro:
      'How a gateway is stopped: it gets no new requests, finishes what it has, and only then gets the signal.',
    rows: () => rows(profile.properties.stop),
    example: `
profiles:
  standup-bot:
    command: node bot.js
    stop: { drain: 10s, signal: SIGTERM, grace: 10s }
    routes: [{ slack: { team: T0AAAAAAA1 } }]`,
  },
];

const HEAD = `# Config reference

Every key of \`gwproxy.yaml\`, its type, its default and what it means. \`npm run docs\` writes this page from the schema
that gwproxy itself reads configs with; \`gwproxy schema\` prints the same schema as JSON for your editor. The topics are
explained in the [other pages](../README.md).

- **Durations** are a number and a unit: \`500ms\`, \`10s\`, \`5m\`, \`1.5h\`, \`7d\`, or \`2 minutes\`.
- **Sizes** are a number and a unit: \`64KiB\`, \`300M\`, \`1.5 GB\`. All units are binary: \`300M\`, \`300MB\` and \`300MiB\` are the
  same, 300 × 1024 × 1024 bytes.
- **References**: \`\${NAME}\` in any text is replaced by that variable, \`\${NAME:-text}\` by the text where the variable is
  not set, and \`$\${\` stands for \`\${\` itself. Inside a profile the variables are those of its \`env_file\`, then gwproxy's
  own environment. Quote a reference inside \`{ … }\`: \`"\${NAME}"\`.
- **Relative paths** begin at the folder of the file that they are written in.
- A key that is marked *required* must be written where its map is written.
`;

function rows(node, prefix = '') {
  const required = new Set(node.required);
  return Object.entries(node.properties).flatMap(([name, value]) => {
    const row = {
      key: prefix + name,
      name,
      type: typeOf(value),
      fallback: required.has(name) ? '*required*' : defaultOf(value),
      meaning: value.description,
    };
    if (SECTION_OF.has(value)) return [{ ...row, section: SECTION_OF.get(value) }];
    const inner = mapWithin(value);
    return inner === undefined ? [row] : [row, ...rows(inner, `${prefix}${name}.`)];
  });
}

/** The map of fixed keys that a value is, may be, or may be a list of. */
function mapWithin(node) {
  if (isSecretReference(node)) return undefined;
  if (node.properties !== undefined) return node;
  return node.anyOf?.map(mapWithin).find((inner) => inner !== undefined);
}

function typeOf(node) {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((name) => `\`${name}\``).join(', ');
  if (node.anyOf !== undefined) {
    const kinds = node.anyOf
      .filter((branch) => !isReference(branch) && !isSecretReference(branch))
      .map(typeOf);
    const [one, several] = kinds;
    if (kinds.length === 1) return one;
    const isOneOrMore = several === `list of ${one}` || (one === 'map' && several === 'list of maps');
    return isOneOrMore ? `${one}, or a list` : [...new Set(kinds)].join(' or ');
  }
  if (node.type === 'array')
    return node.items.type === 'object' ? 'list of maps' : `list of ${typeOf(node.items)}`;
  if (node.type === 'object') return mapText(node);
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.type === 'integer') return `number, ${node.minimum} to ${node.maximum}`;
  if (node.pattern?.includes(DURATION.source)) return 'duration';
  if (node.pattern?.includes(SIZE.source)) return 'size';
  return 'text';
}

function mapText({ additionalProperties: value }) {
  const isFree = typeof value === 'object' && value.properties === undefined;
  return isFree ? `map; values: ${typeOf(value)}` : 'map';
}

/** A text that is accepted only since it holds `${NAME}`: said once, at the top of the page. */
function isReference(node) {
  const pattern = node.type === 'string' ? (node.pattern ?? '') : '';
  return pattern.startsWith('\\$\\{') || pattern.startsWith('(?:^\\d{1,5}$)');
}

/** `{ file }` or `{ credential }` in place of a secret: said where secrets are. */
function isSecretReference({ properties }) {
  return properties?.file !== undefined && properties.credential !== undefined;
}

function defaultOf(node) {
  const value = node.default;
  if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function table(lines) {
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const body = lines.map(({ key, section, type, fallback, meaning }) => {
    const name = section === undefined ? `\`${key}\`` : `[\`${key}\`](#${section})`;
    return `| ${[name, type, fallback, meaning].map(cell).join(' | ')} |`;
  });
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...body].join('\n');
}

function section({ title, intro, rows: rowsOf, example }) {
  const lines = rowsOf();
  for (const { key, name, meaning } of lines) {
    if (meaning === undefined) throw new Error(`${title}: the schema does not describe ${key}`);
    if (!new RegExp(`(?:^|[\\s{,#])${name}:`).test(example))
      throw new Error(`${title}: no example of ${key}`);
  }
  return `\n## ${title}\n${intro}\n\n${table(lines)}\n\n\`\`\`yaml${example}\n\`\`\`\n`;
}

const page = HEAD + SECTIONS.map(section).join('');
if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== page) {
    console.error('docs/reference/config.md is out of date; `npm run docs` writes it anew');
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, page);
}
