// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import { generateKeyPairSync } from 'node:crypto';
import type { Written } from './folder.ts';

/** The RSA key of RFC 7517, without a kid. */
export const TOKEN_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
  format: 'jwk',
});

/** A config that uses every key once, with its environment and other files. */
export const GOOD: Written = {
  'gwproxy.yaml': `listen: 127.0.0.1:3978
public_url: https://bots.example.com/
profile_paths: true
watch: all
start_concurrency: 3
logs: { folder: ~/logs, size: 1MiB, age: 12h, keep: 5MiB }
include: profiles/*.yaml
limits: { body: 4MiB, streamed: 100MiB, buffered: 128MiB, headers: 32KiB, header_time: 15s, body_time: 60s, body_rate: 1KiB, connections: 4096, answer_time: 120s, idle_time: 5m, held_per_profile: 256, held_bytes_per_profile: 32MiB, held: 1024 }
defaults:
  env: { LOG_LEVEL: info }
  stop: { grace: 3s }
profiles:
  inbox-triage:
    command: [node, -e, 0, inbox-triage, --api, "\${port.api}"]
    cwd: .
    env: { HERMES_HOME: ~/.hermes, TOKEN: "\${INBOX_TOKEN}", REGION: "\${REGION:-eu}" }
    env_file: secrets/inbox.env
    listeners:
      messages: { port: 18681, health: /healthz, paths: [/api/messages] }
      webhook: { port: 18641, health: { interval: 1s, timeout: 2s, failures: 5 }, liveness: /livez, paths: [/webhooks/] }
      api: { port: auto, port_env: API_PORT, host: 127.0.0.1, health: { path: /health, status: [200, 204], body: '"ok"', successes: 2, restart_after: 2m } }
    routes:
      - bot_framework: { app: 00000000-0000-0000-0000-00000000000A }
    verify:
      bot_framework:
        apps: [00000000-0000-0000-0000-00000000000A]
        issuers: https://sts.example.com/
        tenants: 00000000-0000-0000-0000-0000000000AA
        service_urls: https://smba.example.com/
        keys_file: keys/tokens.json
    restart: { when: on-failure, min: 500ms, max: 30s, reset: 60s, exit_codes: { 3: fail, 75: backoff }, give_up: { restarts: 3, within: 1m } }
    max_memory: 512MiB
    max_open_files: 1024
    nice: 5
    umask: 027
    user: 1000
    group: bots
    log_file: out/inbox.log
    stop: { drain: 10s, signal: SIGTERM }
  standup-bot:
    command: node 'bot one.js' --port=\${port}
    start: on-demand
    idle_timeout: 10m
    owner_check: strict
    after: [inbox-triage]
    start_group: shared
    start_timeout: 5s
    restart: { give_up: never }
    routes:
      - slack: { team: [T0AAAAAAA1, T0AAAAAAA2], app: "\${STANDUP_APP}" }
      - slack: { enterprise: E0AAAAAAA1 }
        path: /slack/
        strip_prefix: true
      - { github: { hook: 1 } }
      - { line: { destination: U1 } }
      - { instagram: { account: 1 } }
      - { telegram: { secret_token: a-token } }
      - { twilio: { account: AC1 } }
      - { discord: { application: 1 } }
      - { graph: { subscription: s1 } }
    verify:
      slack: { signing_secret: "\${STANDUP_SECRET}" }
      github: { secret: [old, 0123] }
      line: { channel_secret: channel }
      meta: { app_secret: app }
      telegram: { secret_token: a-token }
      twilio: { auth_token: auth, shared_key: shared, algorithm: HMAC_SHA1 }
      discord: { public_key: 00000000000000000000000000000000000000000000000000000000000000AA }
      graph: { client_state: state }
    delivery: direct
  legacy-bot:
    url: http://10.0.0.5:3978
    enabled: true
    listeners: { bot: { paths: [/legacy], health: /up } }
    fan_out: true
    keep_headers: [X-Original-URL, proxy]
    routes:
      - { path: /legacy, host: Legacy.Example, fallback: true }
      - { header: { name: X-Tenant, value: acme }, json: [{ pointer: /kind, value: [order, 7] }] }
`,
  'keys/tokens.json': JSON.stringify({ keys: [{ ...TOKEN_KEY, kid: 'one', use: 'sig', d: 'private' }] }),
  'secrets/inbox.env': '# invented\nexport INBOX_TOKEN="not a token"\n',
  'profiles/greeter.yaml': 'command: node\nroutes: [{ path: / }]\n',
};

export const GOOD_ENV = { STANDUP_APP: 'A0AAAAAAA1', STANDUP_SECRET: 'signing' };
