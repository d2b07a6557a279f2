// Writes biome.arrows.json from scripts/rooms.json: one rule a room, which names all that its files may import.
// `--check` writes nothing and fails where the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path/posix';

const TABLE = new URL('rooms.json', import.meta.url);
const RULES = new URL('../biome.arrows.json', import.meta.url);

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
    // A file of its own rule imports what the rule names; any other may import its neighbours.
    ...(isFile(room) ? [] : ['./*.ts']),
    ...imports.map((to) => (isFile(to) ? specifier(room, to) : `${specifier(room, to)}/*.ts`)),
    ...node.map((module) => `node:${module}`),
    ...packages,
  ];
}

function override(room) {
  const own = names.filter((name) => isFile(name) && !isFile(room) && dirname(name) === room);
  return {
    includes: [
      isFile(room) ? `src/${room}` : `src/${room === '.' ? '' : `${room}/`}*.ts`,
      ...own.map((name) => `!src/${name}`),
    ],
    linter: {
      rules: {
        style: {
          noRestrictedImports: {
            level: 'error',
            options: {
              patterns: [
                {
                  group: ['**', ...allowed(room).map((pattern) => `!${pattern}`)],
                  message: `scripts/rooms.json does not let ${room === '.' ? 'src' : room} import this (docs/architecture.md, "Rooms").`,
                },
              ],
            },
          },
        },
      },
    },
  };
}

// A line a room, so that a change of one rule is a change of one line.
const lines = names.map((room) => JSON.stringify(override(room)));
const text = `{"overrides":[\n${lines.join(',\n')}\n]}\n`;
if (process.argv.includes('--check')) {
  let current = '';
  try {
    current = readFileSync(RULES, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (current !== text) {
    console.error('biome.arrows.json is out of date: run `node scripts/arrows.mjs`');
    process.exit(1);
  }
} else {
  writeFileSync(RULES, text);
}
