// Writes what follows from scripts/rooms.json: biome.arrows.json, one lint rule a room that names all that its files
// may import, and the table of rooms in docs/architecture.md. `--check` writes nothing and fails where one of the two
// is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path/posix';

const TABLE = new URL('rooms.json', import.meta.url);
const RULES = new URL('../biome.arrows.json', import.meta.url);
const PAGE = new URL('../docs/architecture.md', import.meta.url);
const BEGIN = '<!-- rooms: written by `node scripts/arrows.mjs` -->\n';
const END = '<!-- /rooms -->';

const rooms = JSON.parse(readFileSync(TABLE, 'utf8'));
const names = Object.keys(rooms);

/** A room is a folder of src/, or a single file that is held to a stricter rule than its folder. */
const isFile = (room) => room.endsWith('.ts');
const folderOf = (room) => (isFile(room) ? dirname(room) : room);

/** The import as it is written in a file of that room; Biome matches the text of an import, not what it resolves to. */
function specifier(from, to) {
  const path = relative(folderOf(from), to) || '.';
  return path.startsWith('.') ? path : `./${path}`;
}

function allowed(room) {
  const { imports, node, packages } = rooms[room];
  return [
    // A file with a rule of its own imports what that names; any other file may import its neighbours.
    ...(isFile(room) ? [] : ['./*.ts']),
    ...imports.map((to) => (isFile(to) ? specifier(room, to) : `${specifier(room, to)}/*.ts`)),
    ...node.map((module) => `node:${module}`),
    ...packages,
  ];
}

function override(room) {
  const own = names.filter((name) => isFile(name) && !isFile(room) && dirname(name) === room);
  const message = `scripts/rooms.json does not let ${room === '.' ? 'src' : room} import this (docs/architecture.md, "Rooms").`;
  const patterns = [{ group: ['**', ...allowed(room).map((pattern) => `!${pattern}`)], message }];
  return {
    includes: [
      isFile(room) ? `src/${room}` : `src/${room === '.' ? '' : `${room}/`}*.ts`,
      ...own.map((name) => `!src/${name}`),
    ],
    linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
  };
}

/** A line a room, so that a change of one rule is a change of one line. */
function rules() {
  const lines = names.map((room) => JSON.stringify(override(room)));
  return `{"overrides":[\n${lines.join(',\n')}\n]}\n`;
}

function row(room) {
  const { is, imports, node, packages } = rooms[room];
  const cell = (items) => items.map((item) => `\`${item}\``).join(', ') || '–';
  const outside = [...node.map((module) => `node:${module}`), ...packages];
  return `| \`${room}\` | ${is} | ${cell(imports)} | ${cell(outside)} |`;
}

function table() {
  const head = ['| room | what it is for | what of src/ it may import | what else |', '|---|---|---|---|'];
  return `${[...head, ...names.map(row)].join('\n')}\n`;
}

function page(current) {
  const begin = current.indexOf(BEGIN) + BEGIN.length;
  const end = current.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error(`docs/architecture.md lacks ${BEGIN}${END}`);
  return current.slice(0, begin) + table() + current.slice(end);
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const written = [
  ['biome.arrows.json', RULES, rules()],
  ['docs/architecture.md', PAGE, page(read(PAGE))],
];
for (const [name, file, text] of written) {
  if (read(file) === text) continue;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else {
    console.error(`${name} is out of date: run \`node scripts/arrows.mjs\``);
    process.exitCode = 1;
  }
}
