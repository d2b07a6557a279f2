import type { CompletedArgument, CompletedCommand, CompletedOption } from './command-words.ts';

/** To be sourced, or put as `_gwproxy` into a folder of $fpath. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef gwproxy
# Completion of gwproxy in zsh, after compinit: source <(gwproxy completion zsh)
_gwproxy_profiles() {
  local -a names
  local config=\${opt_args[-c]:-\${opt_args[--config]:-gwproxy.yaml}}
  names=(\${(f)"$($program profile-names -c \${~\${(Q)config}} 2>/dev/null)"})
  compadd -a names
}
_gwproxy() {
  local program=$words[1] command=$words[2]
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
# Sourced, it has yet to be tied to its command; from $fpath compinit has done so, and this is its first call.
if [[ $funcstack[1] == _gwproxy ]]; then _gwproxy; else compdef _gwproxy gwproxy; fi
`;
}

function commandCase({ name, options, places, repeats }: CompletedCommand): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...places.map((place, index) => {
      const at = repeats && index === places.length - 1 ? '*' : index + 1;
      return quoted(`${at}:${placeSpec(place)}`);
    }),
  ];
  return `    ${name}) _arguments -s ${specs.join(' ')} ;;`;
}

function optionSpecs({ flags, description, value }: CompletedOption): readonly string[] {
  const told = `[${description.replace(/[\]\\:]/g, '\\$&')}]${value === null ? '' : `:${placeSpec(value)}`}`;
  return flags.map((flag) => quoted(`(${flags.join(' ')})${flag}${told}`));
}

function placeSpec(place: CompletedArgument): string {
  if (place === 'profiles') return 'profile:_gwproxy_profiles';
  if (place === 'files') return 'file:_files';
  return place === 'anything' ? 'value:' : `what:(${place.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
