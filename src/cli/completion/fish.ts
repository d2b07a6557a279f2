import type {
  CompletedArgument,
  CompletedCommand,
  CompletedOption,
  CompletedProgram,
} from './completed-program.ts';

/** A script to source, or to install as `gwproxy.fish` in ~/.config/fish/completions. */
export function fishScript({ options, commands }: CompletedProgram): string {
  const noCommandYet = 'complete -c gwproxy -n __gwproxy_no_command';
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
function __gwproxy_no_command
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c --config
                set -e words[1]
            case '-*'
            case '*'
                return 1
        end
        set -e words[1]
    end
end
complete -c gwproxy -f
${options.map((option) => `${noCommandYet} ${optionWords(option)}`).join('\n')}
${commands.flatMap((command) => commandLines(command, noCommandYet)).join('\n')}
`;
}

function commandLines(command: CompletedCommand, noCommandYet: string): readonly string[] {
  const { names, description, options, places } = command;
  const here = `complete -c gwproxy -n '__fish_seen_subcommand_from ${names.join(' ')}'`;
  return [
    ...names.map((name) => `${noCommandYet} -a ${name} -d ${quoted(description)}`),
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
