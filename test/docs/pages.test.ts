import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { formatProblem, loadConfig } from '../../src/config/load.ts';
import { callFault, gwproxyCalls } from './command-lines.ts';
import { type Block, userPages } from './markdown.ts';

const pages = userPages();

/** What the pages' configs run. */
const PROGRAMS = ['op', 'node', 'hermes', 'openclaw', 'nanobot', 'n8n', 'cloudflared', 'python3'];

describe('every gwproxy command of the pages is one that the command line knows', () => {
  for (const page of pages) {
    const shells = page.blocks.filter(({ info }) => info === 'sh').map(({ text }) => text);
    const typed = shells.flatMap(gwproxyCalls);
    const mentioned = page.spans.filter((span) => span.startsWith('gwproxy ')).flatMap(gwproxyCalls);
    if (typed.length + mentioned.length === 0) continue;
    test(page.path, () => {
      const wrong = [
        ...typed.map((words) => [words, callFault(words, 'typed')] as const),
        ...mentioned.map((words) => [words, callFault(words, 'mentioned')] as const),
      ].flatMap(([words, fault]) => (fault === null ? [] : [`gwproxy ${words.join(' ')}: ${fault}`]));
      assert.deepEqual(wrong, []);
    });
  }
});

describe('every whole config of the pages is valid', () => {
  for (const page of pages) {
    for (const block of page.blocks.filter(isWholeConfig)) {
      test(`${page.path}:${block.line}`, async () => {
        assert.deepEqual(await problemsOf(block.text), []);
      });
    }
  }
});

function isWholeConfig({ info, text }: Block): boolean {
  return /^ya?ml\b/.test(info) && /^profiles:/m.test(text);
}

/** What `gwproxy validate` says of the config in a folder with the env_files, programs and Hermes profiles that it names. */
async function problemsOf(config: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-pages-'));
  try {
    const file = join(folder, 'gwproxy.yaml');
    const names = [...config.matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)].map(([, name]) => name ?? '');
    const variables = Object.fromEntries(names.map((name) => [name, secretOf(name)]));
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    await write(file, config);
    for (const [, list, path = list ?? ''] of config.matchAll(/env_file: *(?:\[([^\]]+)\]|([^\s,}#]+))/g)) {
      for (const each of path.split(',')) await write(join(folder, each.trim()), lines.join(''));
    }
    for (const [, path = ''] of config.matchAll(/\{ file: ([^\s,}]+) \}/g)) {
      await write(join(folder, path), secretOf(path));
    }
    if (config.includes('preset:')) {
      for (const [index, [, name = '']] of [...config.matchAll(/^ {2}([a-z0-9-]+):/gm)].entries()) {
        await write(join(folder, '.hermes', 'profiles', name, 'config.yaml'), hermesConfig(name));
        await write(join(folder, `.openclaw-${name}`, 'openclaw.json'), openClawConfig(18_789 + 120 * index));
      }
    }
    for (const [, path = ''] of config.matchAll(/HERMES_HOME: ~\/([^\s}]+)/g)) {
      await write(join(folder, path, 'config.yaml'), hermesConfig(path));
    }
    const bin = join(folder, 'bin');
    await mkdir(bin);
    for (const program of PROGRAMS) await symlink(process.execPath, join(bin, program));
    const loaded = await loadConfig(file, { env: { ...variables, HOME: folder, PATH: bin } });
    return loaded.ok ? [] : loaded.problems.map((problem) => formatProblem(problem, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
}

/** 64 hex digits, another one for each name: such a secret suits every sender. */
function secretOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

function hermesConfig(name: string): string {
  const port = 20_000 + (Number.parseInt(secretOf(name).slice(0, 4), 16) % 10_000);
  return `platforms:\n  webhook:\n    enabled: true\n    extra: { port: ${port} }\n`;
}

function openClawConfig(port: number): string {
  return `{ gateway: { mode: 'local', port: ${port}, trustedProxies: ['127.0.0.1'] }, hooks: { enabled: true } }\n`;
}
