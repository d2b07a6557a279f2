import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Language, readScript } from '../../../../src/cli/pm2/facts/script-imports.ts';
import { scriptPort } from '../../../../src/cli/pm2/facts/script-port.ts';

const isLocal = (module: string) => module === 'handlers';

function read(source: string, language: Language = 'javascript') {
  const { imports, isWhole } = readScript(source, language, isLocal);
  return { imports: [...imports], isWhole };
}

const JAVASCRIPT: readonly (readonly [string, string, readonly string[], boolean])[] = [
  ['an import of a package', `import { App } from '@slack/bolt';`, ['@slack/bolt'], true],
  [
    'one that is bundled tightly',
    `import{Bot}from"grammy";import"dotenv/config"`,
    ['grammy', 'dotenv'],
    true,
  ],
  [
    'a require, and one of a file in a package',
    `const a = require("@a/b/lib/c"), d = require('e/f')`,
    ['@a/b', 'e'],
    true,
  ],
  ['an import that is awaited', 'const { Bot } = await import(`grammy`)', ['grammy'], true],
  ['modules of Node', `import fs from 'node:fs'`, ['node:fs'], true],
  ['a file of its own', `import { App } from '@slack/bolt'; import './handlers.js'`, ['@slack/bolt'], false],
  ['an alias of package.json', `import x from '#lib/x'`, [], false],
  ['a data file', `require('./config.json')`, [], true],
  ['a file that is computed', `require(path.join(dir, name)); require('a')`, ['a'], false],
  [
    'imports in comments',
    `// import 'a'\n/* require('b') */ const url = 'https://c' // require("d")`,
    [],
    true,
  ],
];

for (const [what, source, imports, isWhole] of JAVASCRIPT) {
  test(`the imports of a JavaScript file are read: ${what}`, () =>
    assert.deepEqual(read(source), { imports, isWhole }));
}

const PYTHON: readonly (readonly [string, string, readonly string[], boolean])[] = [
  ['a module and its parents', 'import slack_bolt.adapter', ['slack_bolt', 'slack_bolt.adapter'], true],
  ['from a module', 'from aiogram import Bot, Dispatcher', ['aiogram'], true],
  ['several, indented and renamed', 'try:\n    import os, discord as d, sys', ['os', 'discord', 'sys'], true],
  ['a module beside it', 'import os\nfrom handlers import start', ['os'], false],
  ['a relative module', 'from . import start', [], false],
  ['comments and docstrings', '"""\nimport a\n"""\n# import b\nimport c # import d', ['c'], true],
  ['a module that is computed', 'importlib.import_module(name)', [], false],
];

for (const [what, source, imports, isWhole] of PYTHON) {
  test(`the imports of a Python file are read: ${what}`, () =>
    assert.deepEqual(read(source, 'python'), { imports, isWhole }));
}

test('any text is read, and what is read of it was in it', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '/*',
      '*/',
      '//',
      '#',
      '"""',
      "'''",
      '\n',
      ' ',
      `require('a')`,
      `from "b"`,
      'import c',
      'import(',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom<Language>('javascript', 'python'), (pieces, language) => {
      const source = pieces.join('');
      const script = readScript(source, language, isLocal);
      assert.ok(script.text.length <= source.length);
      for (const name of script.imports) assert.ok(source.includes(name));
    }),
  );
});

test('a script full of openings takes no longer than its length says', () => {
  const lengths = [20_000, 200_000];
  for (const open of [
    '/*',
    '"""',
    'import ',
    'import a,',
    'from ',
    'require(',
    'process.env.PORT ',
    '{ PORT',
    'start(',
    'start({ port',
    'PORT=',
    'new App',
    '//',
  ]) {
    const [short = 0, long = 0] = lengths.map((length) => {
      const source = open.repeat(length / open.length);
      const began = process.cpuUsage();
      for (const language of ['javascript', 'python'] as const)
        scriptPort(readScript(source, language, isLocal));
      const { user, system } = process.cpuUsage(began);
      return user + system;
    });
    // Ten times the text; a quadratic reader would take a hundred times as long.
    assert.ok(long < 40 * Math.max(short, 5000), `${open}: ${short} µs, then ${long} µs`);
  }
});
