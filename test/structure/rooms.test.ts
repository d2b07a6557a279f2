import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../support/root.ts';

/** One entry of scripts/rooms.json: a folder of src/, or a file that is held to a stricter rule than its folder. */
interface Room {
  readonly is: string;
  readonly imports: readonly string[];
  readonly node: readonly string[];
  readonly packages: readonly string[];
}

const MOST_FILES = 16;
/** The built-in modules that do I/O, or bring in time or chance. */
const IMPURE = ['fs', 'fs/promises', 'net', 'http', 'child_process', 'crypto', 'os', 'timers/promises'];

const rooms = new Map<string, Room>(
  Object.entries(JSON.parse(readFileSync(join(root, 'scripts', 'rooms.json'), 'utf8'))),
);
const source = join(root, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const folders = [...new Set(files.map((file) => dirname(file)))];
const isFile = (room: string): boolean => room.endsWith('.ts');

describe('the rooms of src/', () => {
  test('every folder has a rule and a sentence that says what it is for', () => {
    const named = [...rooms.keys()].filter((room) => !isFile(room));
    assert.deepEqual(named.toSorted(), folders.toSorted());
    for (const [room, { is }] of rooms) assert.ok(is !== '', `${room} says nothing`);
  });

  test(`no folder holds more than ${MOST_FILES} files`, () => {
    for (const folder of folders) {
      const held = files.filter((file) => dirname(file) === folder).length;
      assert.ok(held <= MOST_FILES, `src/${folder} holds ${held} files`);
    }
  });

  test('tests lie in folders of the same names', () => {
    // What tests the whole, and what tests are made of.
    const others = [
      'bench',
      'docs',
      'e2e',
      'faults',
      'fixtures',
      'nothing-lost',
      'real',
      'real-openclaw',
      'structure',
      'support',
    ];
    const lost = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(join(root, 'test'), join(entry.parentPath, entry.name)))
      .filter((folder) => !others.includes(folder.split('/')[0] ?? '') && !folder.endsWith('/support'))
      .filter((folder) => !folders.includes(folder));
    assert.deepEqual(lost, []);
  });

  test("the linter's rules and the page's table are those of scripts/rooms.json", () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/arrows.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });

  test('docs/architecture.md names every room', () => {
    const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
    for (const room of rooms.keys()) assert.ok(page.includes(`\`${room}\``), `${room} is not on the page`);
  });
});

describe('what the linter refuses', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gwproxy-rooms-'));
    cpSync(join(root, 'biome.json'), join(folder, 'biome.json'));
    cpSync(join(root, 'biome.arrows.json'), join(folder, 'biome.arrows.json'));
  });

  after(() => rmSync(folder, { recursive: true }));

  test('in each room: every other room, module and package that its rule does not name', () => {
    const planted = new Map<string, readonly string[]>();
    for (const room of rooms.keys()) planted.set(planIn(room), forbiddenIn(room));
    const refused = lint(folder, planted);
    for (const [file, specifiers] of planted) {
      assert.deepEqual(refused.get(file)?.toSorted() ?? [], specifiers.toSorted(), file);
    }
  });

  test('nothing that a rule names', () => {
    const planted = new Map<string, readonly string[]>();
    for (const room of rooms.keys()) planted.set(planIn(room), allowedIn(room));
    assert.deepEqual([...lint(folder, planted)], []);
  });

  // Written out, so that a slip in the table is seen here.
  const never: readonly (readonly [string, string])[] = [
    ['routing/planted.ts', '../config/load.ts'],
    ['routing/planted.ts', '../door/door.ts'],
    ['routing/body/planted.ts', 'node:fs'],
    ['routing/platforms/planted.ts', 'node:crypto'],
    ['config/planted.ts', '../door/door.ts'],
    ['config/schema/planted.ts', '../../supervisor/supervisor.ts'],
    ['config/plan.ts', 'node:fs'],
    ['config/change/diff.ts', 'node:fs/promises'],
    ['door/planted.ts', '../supervisor/supervisor.ts'],
    ['door/planted.ts', '../config/load.ts'],
    ['door/spool/store/planted.ts', '../../../config/schema/config-schema.ts'],
    ['door/hold/planted.ts', '../context.ts'],
    ['door/http/planted.ts', '../pipeline/serve.ts'],
    ['door/upstream/planted.ts', '../context.ts'],
    ['supervisor/planted.ts', '../door/door.ts'],
    ['supervisor/planted.ts', '../routing/route.ts'],
    ['supervisor/run/planted.ts', '../../config/load.ts'],
    ['supervisor/lifecycle/planted.ts', '../../config/load.ts'],
    ['supervisor/lifecycle/planted.ts', 'node:fs'],
    ['supervisor/lifecycle/planted.ts', 'node:timers'],
    ['supervisor/lifecycle/planted.ts', '../gateway.ts'],
    ['supervisor/health/health.ts', 'node:net'],
    ['logs/planted.ts', '../door/door.ts'],
    ['admin/planted.ts', '../door/door.ts'],
    ['admin/planted.ts', '../supervisor/supervisor.ts'],
    ['util/planted.ts', '../errors.ts'],
  ];
  for (const [file, specifier] of never) {
    test(`${specifier} in src/${file}`, () => {
      assert.deepEqual(lint(folder, new Map([[file, [specifier]]])).get(file), [specifier]);
    });
  }

  test('a type import, a re-export and a dynamic import as well', () => {
    const file = 'routing/planted.ts';
    const lines = [
      "import type { A } from '../door/a.ts';",
      "export type { B } from '../door/b.ts';",
      "export * from '../door/c.ts';",
      "export const d = await import('../door/d.ts');",
      'export type E = A;',
    ];
    const refused = lintText(folder, new Map([[file, lines.join('\n')]])).get(file) ?? [];
    assert.deepEqual(refused, ['../door/a.ts', '../door/b.ts', '../door/c.ts', '../door/d.ts']);
  });

  test('a circle of two files, made of type imports alone', () => {
    const [one, other] = ['util/one.ts', 'util/other.ts'];
    const text = (name: string, from: string): string =>
      `import type { ${from} } from './${from}.ts';\nexport type ${name} = ${from} | null;\n`;
    const rules = lintRules(
      folder,
      new Map([
        [one, text('one', 'other')],
        [other, text('other', 'one')],
      ]),
    );
    assert.deepEqual(
      rules.filter((rule) => rule.endsWith('noImportCycles')),
      ['lint/suspicious/noImportCycles', 'lint/suspicious/noImportCycles'],
    );
  });
});

/** The file of a room that imports are planted in. */
function planIn(room: string): string {
  return isFile(room) ? room : join(room, 'planted.ts');
}

/** Files that stand for a room: for a folder one that has no rule of its own. */
function specifierOf(from: string, room: string): string {
  const target = isFile(room) ? room : join(room, 'any.ts');
  const path = relative(dirname(from), target);
  return path.startsWith('.') ? path : `./${path}`;
}

function forbiddenIn(room: string): readonly string[] {
  const { imports, node, packages } = rooms.get(room) ?? assert.fail(room);
  const from = planIn(room);
  const others = [...rooms.keys()].filter(
    (other) =>
      other !== room &&
      !imports.includes(other) &&
      // A folder's own file, or a file of a folder that may be imported whole.
      !(isFile(other) && (imports.includes(dirname(other)) || (!isFile(room) && dirname(other) === room))) &&
      // The room itself, seen from a file that has a rule of its own: only what that names.
      !(isFile(room) && dirname(room) === other && imports.includes(other)),
  );
  const known = new Set([...rooms.values()].flatMap((entry) => entry.packages));
  return [
    ...others.map((other) => specifierOf(from, other)),
    ...IMPURE.filter((module) => !node.includes(module)).map((module) => `node:${module}`),
    ...[...known, 'a-package-that-nobody-chose'].filter((name) => !packages.includes(name)),
  ];
}

function allowedIn(room: string): readonly string[] {
  const { imports, node, packages } = rooms.get(room) ?? assert.fail(room);
  const from = planIn(room);
  return [
    ...imports.map((other) => specifierOf(from, other)),
    ...node.map((module) => `node:${module}`),
    ...packages,
  ];
}

/** Plants imports in files below src/ and gives back, for each file, those that the linter refused. */
function lint(
  folder: string,
  planted: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string[]> {
  const texts = [...planted].map(
    ([file, specifiers]) =>
      [file, specifiers.map((specifier) => `import '${specifier}';\n`).join('')] as const,
  );
  return lintText(folder, new Map(texts));
}

interface Diagnostic {
  readonly category: string;
  readonly location: {
    readonly path: string;
    readonly start: { readonly line: number; readonly column: number };
  };
}

function lintText(folder: string, planted: ReadonlyMap<string, string>): ReadonlyMap<string, string[]> {
  const refused = new Map<string, string[]>();
  for (const { category, location } of diagnose(folder, planted)) {
    if (category !== 'lint/style/noRestrictedImports') continue;
    const file = location.path.replace(/^src\//, '');
    const line = planted.get(file)?.split('\n')[location.start.line - 1] ?? assert.fail(file);
    const [, specifier = ''] = /'([^']+)'/.exec(line) ?? [];
    refused.set(file, [...(refused.get(file) ?? []), specifier]);
  }
  return refused;
}

function lintRules(folder: string, planted: ReadonlyMap<string, string>): readonly string[] {
  return diagnose(folder, planted).map(({ category }) => category);
}

function diagnose(folder: string, planted: ReadonlyMap<string, string>): readonly Diagnostic[] {
  rmSync(join(folder, 'src'), { recursive: true, force: true });
  for (const [file, text] of planted) {
    mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
    writeFileSync(join(folder, 'src', file), text);
  }
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const run = spawnSync(
    process.execPath,
    [biome, 'lint', '--reporter=json', '--max-diagnostics=none', 'src'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  const at = run.stdout.indexOf('{');
  assert.notEqual(at, -1, run.stderr);
  const report: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(run.stdout.slice(at));
  return report.diagnostics;
}
