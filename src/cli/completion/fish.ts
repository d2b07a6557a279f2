import type { CompletedArgument, CompletedCommand, CompletedOption } from './command-words.ts';

/** To be sourced, or put as `gwproxy.fish` into ~/.config/fish/completions. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of gwproxy in fish: gwproxy completion fish | source
function __gwproxy_profiles
    set -l words (commandline -opc)
    set -l config gwproxy.yaml
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -c --config
                set -q words[(math $i + 1)]; and set config $words[(math $i + 1)]
            case '--config=*'
                set config (string replace -- --config= '' $words[$i])
        end
    end
    $words[1] profile-names -c (string replace -r '^~/' "$HOME/" -- $config) 2>/dev/null
end
complete -c gwproxy -f
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines(command: CompletedCommand): readonly string[] {
  const { name, description, options, places } = command;
  const here = `complete -c gwproxy -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c gwproxy -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ...options.map((option) => `${here} ${optionWords(option)}`),
    ...[...new Set(places.flatMap(placeWords))].map((words) => `${here} ${words}`),
  ];
}

function optionWords({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const needs = value === null ? [] : [value === 'files' ? '-r -F' : '-x'];
  return [...names, ...needs, `-d ${quoted(description)}`].join(' ');
}

function placeWords(place: CompletedArgument): readonly string[] {
  if (place === 'profiles') return ["-a '(__gwproxy_profiles)'"];
  if (place === 'files') return ['-F'];
  return place === 'anything' ? [] : [`-a '${place.join(' ')}'`];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
