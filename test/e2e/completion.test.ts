import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const scripts = new Map<string, string>();
before(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    scripts.set(shell, stdout);
  }
});

/** The completions that bash offers for these words, the last of which is being typed. */
async function offered(t: TestContext, ...words: string[]): Promise<readonly string[]> {
  const folder = await temporaryFolder(t);
  await writeFile(
    join(folder, 'gwproxy.yaml'),
    'include: [more/*.yaml]\nprofiles:\n  inbox-triage: { comand: half typed\n',
  );
  await writeFile(
    join(folder, 'other.yaml'),
    'include: more/*.yaml\nprofiles:\n  standup-bot: { comand: a mistake }\n  inbox-triage:\n',
  );
  await mkdir(join(folder, 'more'));
  await writeFile(join(folder, 'more', 'third.yaml'), 'command: node bot.js\n');
  await writeFile(join(folder, 'more', 'several.yaml'), 'profiles: { fourth: {}, fifth: {} }\n');
  await writeFile(join(folder, 'more', 'broken.yaml'), 'profiles: [\n');
  const program = `
    gwproxy() { '${process.execPath}' '${join(root, 'dist', 'cli', 'main.js')}' "$@"; }
    eval "$(cat)"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _gwproxy; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return new Promise((resolve, reject) => {
    const bash = execFile(
      'bash',
      ['--norc', '-c', program, 'bash', ...words],
      { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } },
      (error, stdout, stderr) => {
        if (error !== null || stderr !== '') reject(error ?? new Error(stderr));
        else resolve(stdout.split('\n').filter((line) => line !== ''));
      },
    );
    bash.stdin?.end(scripts.get('bash'));
  });
}

test('bash completes commands and options', async (t) => {
  assert.deepEqual(await offered(t, 'gwproxy', 'st'), ['status', 'start', 'stop']);
  assert.ok(!(await offered(t, 'gwproxy', '')).includes('profile-names'));
  assert.deepEqual(await offered(t, 'gwproxy', 'l'), ['ls', 'list', 'logs']);
  assert.deepEqual(await offered(t, 'gwproxy', 'ls', '--w'), ['--watch']);
  assert.deepEqual(await offered(t, 'gwproxy', 'up', '--d'), ['--detach']);
  assert.deepEqual(await offered(t, 'gwproxy', 'service', ''), ['install', 'uninstall', 'print']);
  assert.deepEqual(await offered(t, 'gwproxy', 'completion', 'z'), ['zsh']);
});

test('bash completes the profiles of the named config, those of included files too', async (t) => {
  const all = ['standup-bot', 'inbox-triage', 'fifth', 'fourth', 'third'];
  const found = await offered(t, 'gwproxy', 'restart', '-c', 'other.yaml', '');
  assert.deepEqual(new Set(found), new Set(all));
  assert.deepEqual(await offered(t, 'gwproxy', 'stop', '-c', '~/other.yaml', 'third', 'in'), [
    'inbox-triage',
  ]);
  assert.deepEqual(await offered(t, 'gwproxy', 'logs', '--config', '=', 'other.yaml', '-f', 'st'), [
    'standup-bot',
  ]);
  assert.deepEqual(await offered(t, 'gwproxy', 'exec', '-c', 'other.yaml', 'th'), ['third']);
});

test('bash completes after a --config before the command', async (t) => {
  assert.deepEqual(await offered(t, 'gwproxy', '--c'), ['--config']);
  assert.deepEqual(await offered(t, 'gwproxy', '-c', 'other.yaml', 'rest'), ['restart']);
  assert.deepEqual(await offered(t, 'gwproxy', '-c', 'other.yaml', 'restart', 'st'), ['standup-bot']);
});

test('bash gets no words and no error where nothing can be completed', async (t) => {
  // An invalid config, a missing one, an option's value, and a program's own arguments.
  assert.deepEqual(await offered(t, 'gwproxy', 'restart', ''), []);
  assert.deepEqual(await offered(t, 'gwproxy', 'restart', '-c', 'none.yaml', ''), []);
  assert.deepEqual(await offered(t, 'gwproxy', 'up', '-c', ''), []);
  assert.deepEqual(await offered(t, 'gwproxy', 'exec', '-c', 'other.yaml', 'third', '--', ''), []);
});

test('zsh and fish get every command, with its options and profiles', () => {
  const zsh = scripts.get('zsh') ?? '';
  assert.match(zsh, /^#compdef gwproxy\n/);
  assert.match(zsh, /^ {4}'restart:Restart gateways; .*'$/m);
  assert.match(
    zsh,
    /^ {4}restart\) _arguments -s .*'\(--all\)--all\[Restart every gateway that is up\]'.* '\*:profile:_gwproxy_profiles' ;;$/m,
  );
  assert.match(zsh, /'\(-c --config\)-c\[The config file\]:file:_files'/);
  const fish = scripts.get('fish') ?? '';
  assert.match(fish, /^complete -c gwproxy -n __gwproxy_no_command -a restart -d 'Restart gateways; /m);
  assert.match(
    fish,
    /^complete -c gwproxy -n '__fish_seen_subcommand_from restart' -a '\(__gwproxy_profiles\)'$/m,
  );
  assert.match(
    fish,
    /^complete -c gwproxy -n '__fish_seen_subcommand_from init' -l pm2 -r -F -d 'From pm2: an ecosystem file/m,
  );
});

test('another shell is refused with 2', async () => {
  const { code, stderr } = await runCli(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /no completion for 'tcsh'; choose from bash, zsh, fish/);
});
