// Writes docs/reference/commands.md from the definition that parses the command line, as the built package has it
// (`npm run build` first). With --check it writes nothing, and exits with 1 where the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { examplesOf } from '../dist/cli/definitions/define-command.js';
import { EXIT_CODES } from '../dist/cli/exit-codes.js';
import { program } from '../dist/cli/program.js';

const PAGE = new URL('../docs/reference/commands.md', import.meta.url);

const help = program.createHelp();

const HEAD = `# Command reference

Every command of \`gwproxy\`, its arguments, its options and an example. \`npm run docs\` writes this page from the
definition that parses the command line; \`gwproxy COMMAND --help\` prints the same for one command.

\`\`\`
${help.commandUsage(program)}
\`\`\`

${optionTable(program)}

Arguments in \`<>\` are required, those in \`[]\` may be left out, and \`...\` may be repeated. A command finds the running
gwproxy by its config file, so give every command the same \`--config\`, or run it in the folder of \`gwproxy.yaml\`.

## Exit codes
| code | meaning |
|---|---|
${EXIT_CODES.map(({ code, meaning }) => `| ${code} | ${meaning} |`).join('\n')}

\`gwproxy exec\` exits as its program does, with 128 and the signal's number where a signal ended it.
`;

/** The commands by the heading that `gwproxy --help` shows them under, in its order. */
function commandsByGroup() {
  const groups = new Map();
  for (const command of help.visibleCommands(program)) {
    if (command.name() === 'help') continue;
    const group = groupOf(command);
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  return groups;
}

function groupOf(command) {
  return command.helpGroup().replace(/:$/, '');
}

function section(command) {
  const examples = examplesOf(command);
  if (command.description() === '' || examples.length === 0) {
    throw new Error(`gwproxy ${command.name()} has no description, or no example`);
  }
  const aliases = command.aliases().map((alias) => `\`gwproxy ${alias}\``);
  return [
    `\n### gwproxy ${command.name()}`,
    `${command.description()}.${aliases.length === 0 ? '' : ` Also: ${aliases.join(', ')}.`}`,
    '',
    '```',
    `gwproxy ${command.name()} ${command.usage()}`,
    '```',
    '',
    optionTable(command),
    '',
    '```sh',
    ...examples,
    '```',
    '',
  ].join('\n');
}

function optionTable(command) {
  const options = help.visibleOptions(command).filter(({ long }) => command === program || long !== '--help');
  if (options.length === 0) return 'It has no options.';
  const rows = options.map(({ flags, description, defaultValue }) => {
    if (description === '') throw new Error(`gwproxy ${command.name()}: ${flags} has no description`);
    const isShown = typeof defaultValue === 'string';
    return `| \`${flags}\` | ${isShown ? `\`${defaultValue}\`` : ''} | ${description.replaceAll('|', '\\|')} |`;
  });
  return ['| option | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

const groups = [...commandsByGroup()].map(
  ([heading, commands]) => `\n## ${heading}\n${commands.map(section).join('')}`,
);
const page = HEAD + groups.join('');
if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== page) {
    console.error('docs/reference/commands.md is out of date; `npm run docs` writes it anew');
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, page);
}
