// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../src/routing/route.ts';
import { ENV, load, planOf } from './folder.ts';

const GUID = 'aaaaaaaa-0000-0000-0000-00000000000a';

function config(routes: string, others = ''): { readonly 'gwproxy.yaml': string } {
  return { 'gwproxy.yaml': `profiles:\n  a:\n    command: node\n    routes: [${routes}]\n${others}` };
}

type Key = readonly [string, Readonly<Record<string, readonly string[]>>] | null;

function keyOf({ key }: Route): Key {
  return key === null ? null : [key.platform, key.fields];
}

const KEYS: readonly (readonly [string, string, Key])[] = [
  ['Bot Framework', `{bot_framework: {app: "28:${GUID.toUpperCase()}", tenant: x}}`, ['bot-framework', { app: [GUID], tenant: ['x'] }]],
  ['Slack by its token', '{slack: {team: T1, token: "${TOKEN}"}}', ['slack', { team: ['T1'], token: ['not a token'] }]],
  ['Telegram', '{telegram: {secret_token: "${TOKEN}"}}', ['telegram', { secret_token: ['not a token'] }]],
  ['Discord', '{discord: {application: 100000000000000001}}', ['discord', { application: ['100000000000000001'] }]],
  ['WhatsApp', '{whatsapp: {phone_number: [1, 02], account: 3}}', ['whatsapp', { phone_number: ['1', '02'], account: ['3'] }]],
  ["WhatsApp's subscription", '{whatsapp: {verify_token: "${TOKEN}"}}', ['whatsapp', { verify_token: ['not a token'] }]],
  ['Messenger', '{messenger: {page: 1}}', ['messenger', { page: ['1'] }]],
  ['Instagram', '{instagram: {account: 1}}', ['instagram', { account: ['1'] }]],
  ['LINE', '{line: {destination: U1}}', ['line', { destination: ['U1'] }]],
  ['Twilio', '{twilio: {to: "+10000000001", account: AC1}}', ['twilio', { to: ['+10000000001'], account: ['AC1'] }]],
  ['Google Chat', '{google_chat: {audience: "https://bots.example.com/chat"}}', ['google-chat', { audience: ['https://bots.example.com/chat'] }]],
  ['Lark', '{lark: {app: cli_1}}', ['lark', { app: ['cli_1'] }]],
  ['WeCom', '{wecom: {corp: ww1, agent: 1000002}}', ['wecom', { corp: ['ww1'], agent: ['1000002'] }]],
  ['DingTalk', '{dingtalk: {robot: r1}}', ['dingtalk', { robot: ['r1'] }]],
  ['GitHub', '{github: {repository: One/Two, hook: 1}}', ['github', { repository: ['one/two'], hook: ['1'] }]],
  ['Graph', '{graph: {subscription: s1, client_state: "${TOKEN}"}}', ['graph', { subscription: ['s1'], client_state: ['not a token'] }]],
  ['Mattermost', '{mattermost: {token: "${TOKEN}", team: t1}}', ['mattermost', { token: ['not a token'], team: ['t1'] }]],
  ['Webex', '{webex: {webhook: w1}}', ['webex', { webhook: ['w1'] }]],
  ['Zoom', '{zoom: {account: a1}}', ['zoom', { account: ['a1'] }]],
  ['a header', '{header: {name: X-Tenant, value: Acme Inc.}}', ['custom', { 'header:x-tenant': ['Acme Inc.'] }]],
  ['a header from a variable', '{header: {name: X-Gitlab-Token, value: "${TOKEN}"}}', ['custom', { 'header:x-gitlab-token': ['not a token'] }]],
  ['headers with values', '{header: [{name: X-A, value: [1, 2]}, {name: X-B, value: b}]}', ['custom', { 'header:x-a': ['1', '2'], 'header:x-b': ['b'] }]],
  ['JSON', '{json: {pointer: /account/id, value: 007}}', ['custom', { 'json:/account/id': ['007'] }]],
  ['JSON of several kinds', '{json: [{pointer: /a~1b/0, value: [true, x]}, {pointer: /n, value: -1.50e2}]}', ['custom', { 'json:/a~1b/0': ['true', 'x'], 'json:/n': ['-1.50e2'] }]],
  ['a header and JSON together', '{header: {name: X-A, value: a}, json: {pointer: /b, value: b}}', ['custom', { 'header:x-a': ['a'], 'json:/b': ['b'] }]],
  ['a path', '{path: /x}', null],
]; // biome-ignore format: one route beside the other

for (const [name, written, expected] of KEYS) {
  test(`a route by its sender's key: ${name}`, async (t) => {
    const plan = await planOf(t, config(written), { ...ENV, TOKEN: 'not a token' });
    assert.deepEqual(plan.routes.map(keyOf), [expected]);
  });
}

test("a route has its host and fallback, and its profile's fan_out", async (t) => {
  const plan = await planOf(
    t,
    config(
      '{host: Bots.Example.COM., slack: {team: T1}, path: /slack/}, {host: "[2001:DB8::1]"}, {path: /x, fallback: true}, {host: a, header: {name: X-A, value: a}, fallback: false}',
      '    fan_out: true\n  b:\n    command: node\n    routes: [{path: /b, strip_prefix: true}]\n',
    ),
  );
  assert.deepEqual(
    plan.routes.map(({ profile, host, path, stripPrefix, fallback, fanOut }) => [
      profile,
      host,
      path,
      stripPrefix,
      fallback,
      fanOut,
    ]),
    [
      ['a', 'bots.example.com', '/slack', false, false, true],
      ['a', '[2001:db8::1]', '', false, false, true],
      ['a', null, '/x', false, true, true],
      ['a', 'a', '', false, false, true],
      ['b', null, '/b', true, false, false],
    ],
  );
});

test('a route of profile_paths has no host and no fallback', async (t) => {
  const files = config('{path: /x}', '    fan_out: true\n');
  const plan = await planOf(t, { 'gwproxy.yaml': `profile_paths: true\n${files['gwproxy.yaml']}` });
  assert.deepEqual(
    plan.routes.map(({ host, path, stripPrefix, fallback, fanOut }) => [
      host,
      path,
      stripPrefix,
      fallback,
      fanOut,
    ]),
    [
      [null, '/x', false, false, true],
      [null, '/p/a', true, false, true],
    ],
  );
});

test('routes that differ in host or in their fields are valid together', async (t) => {
  const plan = await planOf(
    t,
    config(
      '{path: /x}, {path: /x, host: a}, {path: /x, host: b}, {host: a}, {slack: {team: T1}}, {slack: {team: T1}, host: a}, {header: {name: X-A, value: a}}, {header: {name: X-B, value: a}}, {header: {name: X-A, value: b}}, {json: {pointer: /a, value: a}}, {header: {name: X-A, value: a}, json: {pointer: /a, value: a}}, {slack: {token: T1}}',
    ),
  );
  assert.equal(plan.routes.length, 12);
});

const MISTAKES: readonly (readonly [string, string, string])[] = [
  ['a sender and a header', '{slack: {app: A1}, header: {name: X-A, value: a}}', "4:14: this route must name one sender, not slack and header; write a route for each"],
  ['a sender and JSON', '{slack: {app: A1}, json: {pointer: /a, value: a}}', "4:14: this route must name one sender, not slack and json; write a route for each"],
  ['a fallback beside a sender', '{slack: {app: A1}, fallback: true}', "4:14: this route has 'fallback' beside slack; it goes with a route of path or host alone"],
  ['a fallback beside a header', '{header: {name: X-A, value: a}, fallback: true}', "4:14: this route has 'fallback' beside header; it goes with a route of path or host alone"],
  ['a strip_prefix with a host alone', '{host: a, strip_prefix: true}', "4:14: this route has 'strip_prefix' but no 'path'; write the path to remove"],
  ['a host with a port', '{host: "bots.example.com:443"}', "4:21: host must be a host name without a port, such as bots.example.com, not 'bots.example.com:443'"],
  ['a host with a scheme', '{host: "https://a"}', "4:21: host must be a host name without a port, such as bots.example.com, not 'https://a'"],
  ['a host with a wildcard', '{host: "*.example.com"}', "4:21: host must be a host name without a port, such as bots.example.com, not '*.example.com'"],
  ['a header without a name', '{header: {value: a}}', "4:23: header needs 'name': a header's name, such as X-Tenant"],
  ['a header without a value', '{header: {name: X-A}}', "4:23: header needs 'value': text or a list of texts"],
  ['a header of the wrong kind', '{header: X-A}', "4:23: header must be a map of name and value, or a list of such maps, not 'X-A'"],
  ['no header', '{header: []}', '4:23: header must be a map of name and value, or a list of such maps, not an empty list'],
  ["a header's name that is none", '{header: {name: "X A", value: a}}', "4:30: header.name must be a header's name, such as X-Tenant, not 'X A'"],
  ['the Host header', '{header: {name: HOST, value: a}}', '4:30: header.name cannot be Host; write host: …'],
  ['a header of the connection', '{header: {name: Transfer-Encoding, value: a}}', '4:30: header.name cannot be a header of the connection'],
  ["a header's value that cannot be sent", '{header: {name: X-A, value: "a-Sécret"}}', '4:42: header.value must be visible ASCII'],
  ["a header's value with a space around", '{header: {name: X-A, value: [a, " Secret"]}}', '4:42: header.value must be visible ASCII'],
  ['a header twice', '{header: [{name: X-A, value: a}, {name: x-a, value: b}]}', '4:23: header names x-a twice; write a list of values'],
  ['an unknown key in a header', '{header: {name: X-A, valu: a, value: b}}', "4:35: unknown key 'valu'; did you mean 'value'?"],
  ['JSON without a pointer', '{json: {value: a}}', "4:21: json needs 'pointer': a JSON pointer such as /account/id"],
  ['JSON without a value', '{json: {pointer: /a}}', "4:21: json needs 'value': text or a list of texts"],
  ['a null in JSON', '{json: {pointer: /a, value: null}}', '4:42: json.value must be text or a list of texts, not empty'],
  ['a pointer without a slash', '{json: {pointer: a.b, value: a}}', '4:31: json.pointer must be a JSON pointer such as /account/id (RFC 6901)'],
  ['a pointer with a bad escape', '{json: {pointer: /a~2, value: a}}', '4:31: json.pointer must be a JSON pointer such as /account/id (RFC 6901)'],
  ['a pointer to the whole body', '{json: {pointer: "", value: a}}', '4:31: json.pointer must be a JSON pointer such as /account/id, not an empty text'],
  ['a pointer twice', '{json: [{pointer: /a, value: a}, {pointer: /a, value: b}]}', '4:21: json names /a twice; write a list of values'],
  ['viber, which names no bot', '{viber: {path: /x}}', "4:15: unknown key 'viber'; "],
  ['a verify_token of a sender without one', '{slack: {verify_token: x}}', "4:23: unknown key 'verify_token'; "],
]; // biome-ignore format: one mistake beside the other

for (const [name, written, problem] of MISTAKES) {
  test(`a mistake in a route: ${name}`, async (t) => {
    const { lines } = await load(t, config(written));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.equal(lines[0]?.slice(0, 'gwproxy.yaml:'.length + problem.length), `gwproxy.yaml:${problem}`);
    assert.doesNotMatch(lines[0] ?? '', /ecret/);
  });
}

const TIES: readonly (readonly [string, string, string, string])[] = [
  ['one path of one host', '{host: A.example, path: /x}', '{host: a.example., path: /x/}', "path '/x' of host 'a.example'"],
  ['one host', '{host: a}', '{host: A}', "host 'a'"],
  ['one path', '{path: /x}', '{path: /x, fallback: true}', "path '/x'"],
  ['one key of one host', '{host: a, slack: {team: T1}}', '{slack: {team: [T2, T1]}, host: a}', 'this slack route (team)'],
  ['one secret', '{telegram: {secret_token: Secret}}', '{telegram: {secret_token: Secret}}', 'this telegram route (secret_token)'],
  ['one secret, once from a variable', '{graph: {client_state: not-a-Secret}}', '{graph: {client_state: "${STATE}"}}', 'this graph route (client_state)'],
  ['one header in two cases', '{header: {name: X-A, value: Secret}}', '{header: {name: x-a, value: [b, Secret]}}', 'this route (header x-a)'],
  [
    'one header and JSON value',
    '{header: {name: X-A, value: a}, json: {pointer: /b, value: 1}}',
    '{json: {pointer: /b, value: "1"}, header: {name: X-A, value: a}}',
    'this route (json /b, header x-a)',
  ],
  ['one repository in two cases', '{github: {repository: One/two}}', '{github: {repository: one/Two}}', 'this github route (repository)'],
]; // biome-ignore format: one tie beside the other

for (const [name, one, other, said] of TIES) {
  test(`a tie between routes: ${name}`, async (t) => {
    const files = config(one, `  b: {command: node, routes: [${other}]}\n`);
    const { lines } = await load(t, files, { ...ENV, STATE: 'not-a-Secret' });
    assert.deepEqual(
      lines.map((line) =>
        line.replace(/ \(json \/b, header x-a\)| \(header x-a, json \/b\)/, ' (json /b, header x-a)'),
      ),
      [
        `gwproxy.yaml:5:31: ${said} is already claimed by profile 'a' at gwproxy.yaml:4; make one more specific, or remove it`,
      ],
    );
  });
}

test('the message about a misplaced route key says where it belongs', async (t) => {
  const { lines } = await load(
    t,
    config('{path: /x}', '    header: {name: X-A, value: a}\n    fallback: true\n'),
  );
  assert.deepEqual(lines, [
    "gwproxy.yaml:5:5: unknown key 'header'; it belongs in a route: routes: [{ header: … }]",
    "gwproxy.yaml:6:5: unknown key 'fallback'; it belongs in a route: routes: [{ fallback: … }]",
  ]);
});

test('a route has the headers that its profile keeps, in lower case', async (t) => {
  const plan = await planOf(t, config('{path: /x}', '    keep_headers: [X-Original-URL, proxy]\n'));
  assert.deepEqual(plan.routes[0]?.keepHeaders, ['x-original-url', 'proxy']);
});

test('fan_out is true or false', async (t) => {
  const { lines } = await load(t, config('{path: /x}', '    fan_out: sometimes\n'));
  assert.deepEqual(lines, ["gwproxy.yaml:5:14: fan_out must be true or false, not 'sometimes'"]);
});
