// Checks the package as a user gets it: packs it, installs the tarball into an empty folder, and runs from there the
// command line, README's first config, the quickstart and every example's config. Says what it checked; the first
// check that fails ends it with exit code 1.
// usage: npm run release:check      (npm fetches the dependencies from its registry or its cache)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readmeConfig } from './readme-config.mjs';

const MUST_HAVE = [
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/cli/main.js',
  'docs/README.md',
  'examples/README.md',
];
const MUST_NOT_HAVE = /(^|\/)(test|src|scripts|\.ci|\.github|\.test-build)\/|\.test\.[jt]s$|\.env\.local$/;
const COMMAND_DEADLINE_MS = 300_000;
const START_DEADLINE_MS = 30_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'gwproxy-package-'));
const installed = join(folder, 'node_modules', 'gwproxy');
const gwproxy = join(folder, 'node_modules', '.bin', 'gwproxy');
const env = {
  ...process.env,
  GWPROXY_STATE_DIR: join(folder, 'state'),
  GWPROXY_PORT: '0',
  PATH: [join(folder, 'programs'), process.env.PATH].join(delimiter),
};

class CheckFailed extends Error {}

/** What a program printed on stdout. Throws with all of its output when it does not end with 0. */
async function run(program, args, cwd = folder, variables = env) {
  const child = spawn(program, args, {
    cwd,
    env: variables,
    timeout: COMMAND_DEADLINE_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    all += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code === 0) return stdout;
  const shown = `${basename(program)} ${args.join(' ')}`;
  throw new CheckFailed(`\`${shown}\` ended with ${signal ?? `exit code ${code}`}:\n${all}`);
}

async function pack() {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new CheckFailed('`npm pack` made no tarball');
  return tarball;
}

async function install(...packages) {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
}

function checkFiles() {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  const missing = MUST_HAVE.filter((file) => !files.includes(file));
  if (missing.length > 0) throw new CheckFailed(`the package lacks ${missing.join(', ')}`);
  const surplus = files.filter((file) => !file.startsWith('node_modules') && MUST_NOT_HAVE.test(file));
  if (surplus.length > 0) throw new CheckFailed(`the package must not have ${surplus.join(', ')}`);
  return `${files.length} files, among them ${MUST_HAVE.join(', ')}; no tests, no sources`;
}

async function checkVersion() {
  const version = (await run(gwproxy, ['--version'])).trim();
  if (version !== manifest.version) {
    throw new CheckFailed(`\`gwproxy --version\` prints ${version}, package.json says ${manifest.version}`);
  }
  return version;
}

/** Runs README's first config with `gwproxy up` until a webhook was answered by the bot it is for. */
async function checkReadmeConfig() {
  writeFileSync(join(folder, 'gwproxy.yaml'), readmeConfig(0));
  const up = spawn(gwproxy, ['up'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(up, 'exit');
  try {
    const port = await listening(up, ended);
    const response = await fetch(`http://127.0.0.1:${port}/slack/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'event_callback', team_id: 'T0AAAAAAA1' }),
      signal: AbortSignal.timeout(START_DEADLINE_MS),
    });
    const answer = `${response.status} ${(await response.text()).trim()}`;
    if (answer !== '200 standup-bot') {
      throw new CheckFailed(`README's first config: the webhook for standup-bot was answered "${answer}"`);
    }
  } finally {
    up.kill('SIGTERM');
    await ended;
  }
  if (up.exitCode !== 0) throw new CheckFailed(`gwproxy ended with exit code ${up.exitCode} after SIGTERM`);
  return 'the webhook was answered by standup-bot';
}

function listening(up, ended) {
  return new Promise((resolve, reject) => {
    createInterface({ input: up.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.type === 'door.listening') resolve(event.port);
    });
    const fail = (why) => reject(new CheckFailed(`README's first config: gwproxy ${why}`));
    ended.then(([code]) => fail(`ended with exit code ${code} before it listened`), reject);
    setTimeout(() => fail('did not listen in time'), START_DEADLINE_MS).unref();
  });
}

/** The quickstart's bots are made with packages that gwproxy itself does not need: they are installed beside it. */
async function checkQuickstart() {
  const quickstart = join(installed, 'examples', 'quickstart');
  const source = readdirSync(quickstart)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(quickstart, file), 'utf8'))
    .join('\n');
  const needed = Object.entries(manifest.devDependencies).filter(([name]) =>
    source.includes(`from '${name}'`),
  );
  await install(...needed.map(([name, version]) => `${name}@${version}`));
  const shown = await run(process.execPath, [join(quickstart, 'run.js')]);
  if (!shown.includes('All stopped.'))
    throw new CheckFailed(`the quickstart did not come to its end:\n${shown}`);
  return `both bots answered (with ${needed.map(([name]) => name).join(', ')} beside gwproxy)`;
}

/**
 * A command that is not on the PATH is an error, and neither Hermes nor OpenClaw need be installed here: stand-ins are.
 * The preset of OpenClaw reads its profiles in the home folder.
 */
async function checkExamples() {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  for (const name of ['hermes', 'openclaw']) symlinkSync(process.execPath, join(programs, name));
  for (const name of ['support', 'ops']) {
    mkdirSync(join(folder, `.openclaw-${name}`));
    const port = name === 'ops' ? 18_989 : 18_789;
    const config = { gateway: { mode: 'local', port }, hooks: { enabled: true, token: 'invented-token' } };
    writeFileSync(join(folder, `.openclaw-${name}`, 'openclaw.json'), JSON.stringify(config));
  }
  const examples = join(installed, 'examples');
  const configs = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'gwproxy.yaml')));
  for (const name of configs) {
    const config = join(examples, name, 'gwproxy.yaml');
    await run(gwproxy, ['validate', '-c', config], folder, { ...env, HOME: folder });
  }
  return configs.join(', ');
}

let checking = 'npm pack';
async function check(what, how) {
  checking = what;
  console.log(`ok  ${what}: ${await how()}`);
}

try {
  await check('npm pack', pack);
  await check('install into an empty folder', async () => {
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    await install(`./${tarball}`);
    return tarball;
  });
  await check('the files', checkFiles);
  await check('gwproxy --version', checkVersion);
  await check("README's first config", checkReadmeConfig);
  await check("the examples' configs are valid", checkExamples);
  await check('the quickstart', checkQuickstart);
  console.log('The package is fit for a release.');
} catch (error) {
  console.error(`FAILED  ${checking}: ${error instanceof CheckFailed ? error.message : error.stack}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
