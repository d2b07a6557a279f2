import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  APP,
  FULL,
  filesOf,
  type Profile,
  STANDALONE,
  WEBHOOK,
} from '../config/presets/hermes/hermes-home.ts';
import { runCli } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

/** A machine with those Hermes profiles and a program `hermes`, and no config of gwproxy. */
async function machine(t: TestContext, profiles: Readonly<Record<string, Profile>>, hermes = 'home/.hermes') {
  const at = await temporaryFolder(t);
  for (const [name, text] of Object.entries({
    ...filesOf(profiles, hermes),
    'bin/README': '',
    'home/README': '',
  })) {
    await mkdir(dirname(join(at, name)), { recursive: true });
    await writeFile(join(at, name), text);
  }
  await symlink(process.execPath, join(at, 'bin', 'hermes'));
  await symlink(process.execPath, join(at, 'bin', 'node'));
  const env = { HOME: join(at, 'home'), PATH: join(at, 'bin') };
  const config = join(at, 'gwproxy.yaml');
  return {
    at,
    config,
    env,
    init: (...args: readonly string[]) => runCli(['init', '-c', config, ...args], env),
    validate: () => runCli(['validate', '--json', '-c', config], env),
    text: () => readFile(config, 'utf8'),
    files: () => readdir(at),
  };
}

function agent365(port: number, app: string): string {
  return `platforms: { agent365: { enabled: true, extra: { port: ${port}, app_id: ${app} } } }\n`;
}

test('the first config is short, commented and valid', async (t) => {
  const here = await machine(t, {});
  const { code, stdout, stderr } = await here.init();
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /gwproxy\.yaml is written: 1 profile; run it with `gwproxy up -c \S+`/);
  assert.equal((await here.validate()).code, 0);
  assert.match(await here.text(), /^# One gateway process per bot/);
});

test('init leaves an existing file untouched', async (t) => {
  const here = await machine(t, { inbox: { config: WEBHOOK } });
  await writeFile(here.config, 'mine\n');
  for (const args of [[], ['--hermes']]) {
    const { code, stderr } = await here.init(...args);
    assert.equal(code, 1);
    assert.match(stderr, /gwproxy\.yaml is already there, and init overwrites no file/);
  }
  assert.equal(await here.text(), 'mine\n');
});

test('a Hermes home becomes a config of presets, with comments on each profile', async (t) => {
  const here = await machine(t, {
    default: { config: '# chat alone\n' },
    inbox: { config: FULL, env: 'OPENAI_API_KEY=hush\n' },
    to_do: { config: agent365(18682, '00000000-0000-0000-0000-00000000000b') },
    'to-do': { config: '{}\n', env: 'A365_APP_ID=hush-app\nWEBHOOK_ENABLED=1\nWEBHOOK_PORT=18642\n' },
  });
  const { code, stderr } = await here.init('--hermes');
  assert.equal(code, 0, stderr);
  assert.equal(
    await here.text(),
    `# Every profile of this Hermes home behind one port. Ports and app ids are read from each profile's own
# config.yaml and .env at every start; the comments say what they were when this was written.
# \`gwproxy validate\` shows what would run, \`gwproxy up\` runs it.
listen: 127.0.0.1:3978
# public_url: https://bots.example.com
profile_paths: true # /p/<profile>/… reaches that profile, since a webhook does not name one

profiles:
  inbox:
    preset: hermes
    # messages on port 18681: public as /api/messages, for app ${APP}
    # webhook on port 18641: public as /p/inbox/webhooks
    # graph on port 18661: public as /p/inbox/msgraph/webhook
    # api on port 18651: probed, never public
  to-do:
    preset: hermes
    # webhook on port 18642: public as /p/to-do/webhooks
  to-do-2:
    preset: { hermes: { profile: "to_do" } }
    # messages on port 18682: public as /api/messages, for app 00000000-0000-0000-0000-00000000000b
  # default opens no port. If it polls or runs jobs, remove the # before its name:
  # default: { preset: hermes }
`,
  );
  const validated = await here.validate();
  assert.equal(validated.code, 0, validated.stderr);
  const { profiles } = JSON.parse(validated.stdout);
  assert.deepEqual(
    profiles.map(({ name }: { name: string }) => name),
    ['inbox', 'to-do', 'to-do-2'],
  );
});

test('init prints the command that each profile of a shared home needs in newer versions of Hermes', async (t) => {
  const here = await machine(t, {
    inbox: { config: WEBHOOK },
    other: { config: WEBHOOK.replace('18641', '18642') + STANDALONE },
  });
  const { code, stderr } = await here.init('--hermes');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /run `hermes -p inbox config set gateway\.standalone true`, which 0\.19 ignores/);
  assert.doesNotMatch(stderr, /hermes -p other/);
  assert.match((await here.validate()).stderr, /run `hermes -p inbox config set gateway\.standalone true`/);
});

test('several homes become one config, each profile with its home, and all of them named apart', async (t) => {
  const here = await machine(t, {}, 'unused');
  const homes = ['inbox', 'My Bot', '.hidden', 'shared'];
  const settings = (port: number) => WEBHOOK.replace('18641', String(port));
  for (const [folder, profiles] of [
    ['inbox', { default: { config: settings(18641) } }],
    ['My Bot', { default: { config: settings(18642) } }],
    ['.hidden', { default: { config: '{}\n' } }],
    ['shared', { inbox: { config: settings(18643) }, default: { config: settings(18644) } }],
  ] as const) {
    for (const [name, text] of Object.entries(filesOf(profiles, `homes/${folder}`))) {
      await mkdir(dirname(join(here.at, name)), { recursive: true });
      await writeFile(join(here.at, name), text);
    }
  }
  const at = (folder: string) => join(here.at, 'homes', folder);
  const { code, stdout, stderr } = await here.init('--hermes', ...homes.map(at));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /is written: 4 profiles/);
  const text = await here.text();
  assert.equal(
    text.slice(text.indexOf('profiles:')),
    `profiles:
  inbox:
    preset: { hermes: { profile: "default" } }
    env: { HERMES_HOME: "${at('inbox')}" }
    # webhook on port 18641: public as /p/inbox/webhooks
  my-bot:
    preset: { hermes: { profile: "default" } }
    env: { HERMES_HOME: "${at('My Bot')}" }
    # webhook on port 18642: public as /p/my-bot/webhooks
  shared:
    preset: { hermes: { profile: "default" } }
    env: { HERMES_HOME: "${at('shared')}" }
    # webhook on port 18644: public as /p/shared/webhooks
  inbox-2:
    preset: { hermes: { profile: "inbox" } }
    env: { HERMES_HOME: "${at('shared')}" }
    # webhook on port 18643: public as /p/inbox-2/webhooks
  # hidden opens no port. If it polls or runs jobs, remove the # before its name:
  # hidden: { preset: { hermes: { profile: "default" } }, env: { HERMES_HOME: "${at('.hidden')}" } }
`,
  );
  // Of these, only the named profile of the shared home needs a key in newer versions.
  const commands = stderr.match(/run `[^`]+`/g);
  assert.deepEqual(commands, [
    `run \`HERMES_HOME=${at('shared')} hermes -p inbox config set gateway.standalone true\``,
  ]);
  assert.equal((await here.validate()).code, 0);
  await writeFile(here.config, text.replace('# hidden: {', 'hidden: {'));
  assert.equal((await here.validate()).code, 0);
});

test('a home without any profile among several is refused by its name', async (t) => {
  const here = await machine(t, { inbox: { config: WEBHOOK } });
  const { code, stderr } = await here.init('--hermes', join(here.at, 'home/.hermes'), join(here.at, 'hom'));
  assert.equal(code, 1);
  assert.match(stderr, /no Hermes profile to route to in \S+\/hom; name other folders with --hermes DIR…/);
});

test('a home with activities only needs no profile_paths', async (t) => {
  const here = await machine(t, { inbox: { config: agent365(18681, APP) } });
  assert.equal((await here.init('--hermes')).code, 0);
  assert.doesNotMatch(await here.text(), /profile_paths/);
});

test('a home named by the option or by HERMES_HOME is written into the config', async (t) => {
  const here = await machine(t, { inbox: { config: WEBHOOK } }, 'data');
  const folder = join(here.at, 'data');
  assert.equal((await here.init('--hermes', folder)).code, 0);
  const text = await here.text();
  assert.match(text, new RegExp(`\ndefaults:\n {2}env:\n {4}HERMES_HOME: "${folder}"\n`));
  assert.equal((await here.validate()).code, 0);

  const other = join(here.at, 'other.yaml');
  const named = await runCli(['init', '--hermes', '-c', other], { ...here.env, HERMES_HOME: folder });
  assert.equal(named.code, 0, named.stderr);
  assert.equal(await readFile(other, 'utf8'), text);
});

test("the public port is none of the gateways' ports", async (t) => {
  const here = await machine(t, {
    inbox: { config: agent365(3978, APP) },
    other: { config: agent365(3979, '00000000-0000-0000-0000-00000000000b') },
  });
  assert.equal((await here.init('--hermes')).code, 0);
  assert.match(await here.text(), /^listen: 127\.0\.0\.1:3980 # 3978 belongs to a profile below$/m);
});

test('two profiles with one port are reported with both lines, and nothing is written', async (t) => {
  const here = await machine(t, { inbox: { config: WEBHOOK }, other: { config: `\n${WEBHOOK}` } });
  const before = await here.files();
  const { code, stderr } = await here.init('--hermes');
  assert.equal(code, 78);
  assert.match(
    stderr,
    /profiles\/other\/config\.yaml:5:\d+: port 18641 is already taken by listener 'webhook' of profile 'inbox' at \S+profiles\/inbox\/config\.yaml:4/,
  );
  assert.match(stderr, /gwproxy\.yaml is not written/);
  assert.deepEqual(await here.files(), before);
});

test('an invalid config.yaml is reported, and nothing is written', async (t) => {
  const here = await machine(t, { inbox: { config: 'platforms: [\n' } });
  const { code, stderr } = await here.init('--hermes');
  assert.equal(code, 78);
  assert.match(stderr, /inbox\/config\.yaml:\d+:\d+: this .\[. is never closed/);
  assert.ok(!(await here.files()).includes('gwproxy.yaml'));
});

test('a home without a profile to route to is reported', async (t) => {
  const empty = await machine(t, {});
  const none = await empty.init('--hermes');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no Hermes profile to route to in \S+\.hermes; name other folders/);

  const chatting = await machine(t, { chat: { config: '{}\n' } });
  assert.match((await chatting.init('--hermes')).stderr, /none of chat opens a port/);
});

test('examples/hermes/preset.yaml is valid beside the profiles it is for', async (t) => {
  const names = ['inbox-triage', 'calendar-concierge', 'security-buddy', 'onboarding-helper'];
  const profiles = names.map((name, index) => {
    const app = `00000000-0000-0000-0000-00000000000${index + 1}`;
    const settings = agent365(18681 + index, app).replace('extra: {', `extra: { slug: ${name},`) + STANDALONE;
    return [name, { config: settings, env: 'A365_ALLOW_ALL_USERS=true\n' }] as const;
  });
  const here = await machine(t, Object.fromEntries(profiles));
  const config = join(root, 'examples', 'hermes', 'preset.yaml');
  const { code, stderr } = await runCli(['validate', '-c', config], here.env);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});
