import type {
  CompletedArgument,
  CompletedCommand,
  CompletedOption,
  CompletedProgram,
} from './completed-program.ts';

/** A script to source, or to install as `_gwproxy` in a folder of $fpath. */
export function zshScript({ options, commands }: CompletedProgram): string {
  const described = commands.flatMap(({ names, description }) =>
    names.map((name) => `    ${quoted(`${name}:${description}`)}`),
  );
  return `#compdef gwproxy
# Completion of gwproxy in zsh, after compinit: source <(gwproxy completion zsh)
_gwproxy_profiles() {
  local -a names
  local file=\${opt_args[-c]:-\${opt_args[--config]:-$config}}
  names=(\${(f)"$($program profile-names -c \${~\${(Q)file}} 2>/dev/null)"})
  compadd -a names
}
_gwproxy() {
  local program=$words[1] config=gwproxy.yaml
  local -a commands
  commands=(
${described.join('\n')}
  )
  shift words
  (( CURRENT-- ))
  # Options before the command; --config is the only one with a value.
  while (( CURRENT > 1 )); do
    case $words[1] in
      -c|--config)
        if (( CURRENT == 2 )); then
          _files
          return
        fi
        config=$words[2]
        shift 2 words
        (( CURRENT -= 2 ))
        ;;
      --config=*)
        config=\${words[1]#--config=}
        shift words
        (( CURRENT-- ))
        ;;
      *) break ;;
    esac
  done
  if (( CURRENT == 1 )); then
    _describe command commands
    compadd -- ${options.flatMap(({ flags }) => flags).join(' ')}
    return
  fi
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
# A sourced script has to register itself; a function from $fpath is registered, and this is its first call.
if [[ $funcstack[1] == _gwproxy ]]; then _gwproxy; else compdef _gwproxy gwproxy; fi
`;
}

function commandCase({ names, options, places, repeats }: CompletedCommand): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...places.map((place, index) => {
      const at = repeats && index === places.length - 1 ? '*' : index + 1;
      return quoted(`${at}:${placeSpec(place)}`);
    }),
  ];
  return `    ${names.join('|')}) _arguments -s ${specs.join(' ')} ;;`;
}

function optionSpecs({ flags, description, value }: CompletedOption): readonly string[] {
  const shown = `[${description.replace(/[\]\\:]/g, '\\$&')}]${value === null ? '' : `:${placeSpec(value)}`}`;
  return flags.map((flag) => quoted(`(${flags.join(' ')})${flag}${shown}`));
}

function placeSpec(place: CompletedArgument): string {
  if (place === 'profiles') return 'profile:_gwproxy_profiles';
  if (place === 'files') return 'file:_files';
  return place === 'anything' ? 'value:' : `what:(${place.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
