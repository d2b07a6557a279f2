import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readPm2File } from '../../../src/cli/pm2/source/ecosystem-file.ts';
import { CommandError } from '../../../src/errors.ts';
import { folder } from '../../config/folder.ts';
import { fixture } from '../../support/root.ts';

async function namesIn(t: TestContext, name: string, text: string): Promise<readonly string[]> {
  const at = await folder(t, { [name]: text });
  return (await readPm2File(join(at, name))).apps.map((app) => app.name);
}

async function refusal(t: TestContext, name: string, text: string): Promise<string> {
  const at = await folder(t, { [name]: text });
  try {
    await readPm2File(join(at, name));
  } catch (error) {
    assert.ok(error instanceof CommandError, String(error));
    return error.message.replaceAll(`${at}/`, '');
  }
  throw new Error('it was read');
}

const ONE = '{ name: "a", script: "a.js" }';
const SHAPES: readonly (readonly [string, string, string])[] = [
  ['CommonJS', 'x.config.cjs', `module.exports = { apps: [${ONE}] };`],
  ['CommonJS by its folder', 'x.config.js', `module.exports = { apps: [${ONE}] };`],
  ['an ES module', 'x.mjs', `export default { apps: [${ONE}] };`],
  ['an ES module of named exports', 'x.mjs', `export const apps = [${ONE}];`],
  [
    'what a compiler makes of one',
    'x.cjs',
    `exports.__esModule = true; exports.default = { apps: [${ONE}] };`,
  ],
  ['a list', 'x.cjs', `module.exports = [${ONE}];`],
  ['one app', 'x.cjs', `module.exports = ${ONE};`],
  ['one app below apps', 'x.cjs', `module.exports = { apps: ${ONE} };`],
  ['a package.json', 'package.json', '{"name": "p", "pm2": {"name": "a", "script": "a.js"}}'],
  ['JSON', 'x.json', '{"apps": [{"name": "a", "script": "a.js"}]}'],
  ['JSON with comments, as pm2 takes it', 'x.json', `// of a team\n{ apps: [ /* one */ ${ONE}, ], } // end`],
  ['YAML', 'x.yml', 'apps:\n  - &a { name: a, script: a.js }\n'],
  ['the output of pm2 jlist', 'x.json', '[{"pid": 1, "pm2_env": {"name": "a", "pm_exec_path": "/a.js"}}]'],
  [
    'a file that goes on running',
    'x.cjs',
    `setInterval(() => {}, 1000); console.log("hi"); module.exports = [${ONE}];`,
  ],
];

for (const [what, name, text] of SHAPES) {
  test(`apps are found in ${what}`, async (t) => assert.deepEqual(await namesIn(t, name, text), ['a']));
}

test('a dump is recognised by its content, and modules of pm2 are not read as apps', async (t) => {
  const at = await folder(t, {
    'dump.pm2':
      '[{"name": "a", "pm_exec_path": "/a.js"}, {"name": "m", "pm_exec_path": "/m.js", "pmx_module": true}]',
  });
  const { kind, apps } = await readPm2File(join(at, 'dump.pm2'));
  assert.deepEqual([kind, apps.map(({ name }) => name)], ['dump', ['a']]);
});

test('a mistake is reported with file and line', async (t) => {
  assert.equal(
    await refusal(t, 'x.cjs', "module.exports = {\n  apps: [{ name: 'x' script: 'y' }],\n};\n"),
    "x.cjs:2: SyntaxError: Unexpected identifier 'script'",
  );
  assert.match(
    await refusal(t, 'x.mjs', '\n\nthrow new Error("no TOKEN given");\n'),
    /^x\.mjs:3: Error: no TOKEN given$/,
  );
  assert.match(await refusal(t, 'x.json', '{\n "apps": [ }\n'), /^x\.json:2: SyntaxError: /);
  assert.equal(await refusal(t, 'x.yaml', 'apps:\n  - name: "a\n'), 'x.yaml:3:1: Missing closing "quote');
  assert.match(await refusal(t, 'x.yaml', 'apps: [*gone]\n'), /^x\.yaml: Unresolved alias.*$/);
  await assert.rejects(
    readPm2File(fixture('pm2', 'broken.config.cjs')),
    /broken\.config\.cjs:2: Error: ENOENT/,
  );
  await assert.rejects(readPm2File('/nowhere/x.cjs'), /no such file/);
});

test('any value that a file throws is reported', async (t) => {
  assert.equal(await refusal(t, 'x.cjs', 'throw "no token\\nhere";'), 'x.cjs: it throws: no token');
  assert.equal(await refusal(t, 'x.mjs', 'throw { code: 7 };'), 'x.mjs: it throws: { code: 7 }');
  assert.equal(await refusal(t, 'x.mjs', 'throw undefined;'), 'x.mjs: it throws: undefined');
  assert.equal(await refusal(t, 'x.json', '(() => { throw "no token"; })()'), 'x.json: it throws: no token');
});

test('an unknown YAML directive is ignored without a warning of Node’s', async (t) => {
  const warned: string[] = [];
  const listener = ({ message }: Error) => warned.push(message);
  process.on('warning', listener);
  t.after(() => process.off('warning', listener));
  assert.deepEqual(await namesIn(t, 'x.yaml', '%ODD one\n---\napps: [{ name: a, script: a.js }]\n'), ['a']);
  // Node emits warnings on the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warned, []);
});

test('CommonJS in a package of ES modules is refused with the cause and the remedy', async (t) => {
  const inModules = async (name: string, text: string): Promise<string> => {
    const at = await folder(t, { [name]: text, 'package.json': '{"type": "module"}' });
    return await readPm2File(join(at, name)).then(
      () => assert.fail('it was read'),
      (error: unknown) => String(error).replaceAll(`${at}/`, ''),
    );
  };
  const remedy =
    /: it is an ES module, since its package\.json says "type": "module"; rename it to ecosystem\.config\.cjs, or write `export default` in place of `module\.exports =`$/;
  for (const text of [
    `module.exports = { apps: [${ONE}] };`,
    `exports.apps = [${ONE}];`,
    `const path = require('node:path');\nmodule.exports = { apps: [${ONE}] };`,
  ]) {
    const said = await inModules('ecosystem.config.js', text);
    assert.match(said, /ecosystem\.config\.js:1: ReferenceError: \w+ is not defined in ES module scope/);
    assert.match(said, remedy);
  }
  for (const text of ['const apps = [];', `if (typeof module !== 'undefined') module.exports = [${ONE}];`]) {
    assert.match(
      await inModules('ecosystem.config.js', text),
      /: it exports nothing: it is an ES module, since its package/,
    );
  }
  assert.match(
    await inModules('a.config.mjs', `module.exports = [${ONE}];`),
    /since its ending is \.mjs; rename it to a\.config\.cjs, or/,
  );
});

test('a file that is neither an ecosystem file nor a dump is refused', async (t) => {
  assert.match(
    await refusal(t, 'x.cjs', 'module.exports = () => ({});'),
    /it is a function, and pm2 takes an object/,
  );
  assert.match(await refusal(t, 'x.json', '{"apps": []}'), /it lists no apps/);
  assert.match(await refusal(t, 'x.json', '{"apps": ["a.js"]}'), /it is not a pm2 file/);
  assert.match(await refusal(t, 'x.json', '7'), /it is not a pm2 file/);
});

test('the fixtures are read as files of pm2', async () => {
  const apps = await Promise.all(
    ['team.config.cjs', 'single.yaml', 'list.mjs'].map(
      async (name) => (await readPm2File(fixture('pm2', name))).apps,
    ),
  );
  assert.deepEqual(
    apps.map((found) => found.map(({ name }) => name)),
    [['Standup Bot', 'triage'], ['quiet'], ['listed']],
  );
});
