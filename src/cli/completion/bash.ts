import type { CompletedArgument, CompletedCommand, CompletedProgram } from './completed-program.ts';

/** A script to source. It needs bash 3.2 alone, not the bash-completion package. */
export function bashScript({ options: programOptions, commands }: CompletedProgram): string {
  const withValue = [programOptions, ...commands.map(({ options }) => options)]
    .flat()
    .flatMap(({ flags, value }) => (value === null ? [] : flags));
  return `# Completion of gwproxy in bash: eval "$(gwproxy completion bash)"
_gwproxy() {
  local cur=\${COMP_WORDS[COMP_CWORD]} config=gwproxy.yaml command='' option='' place=0 word words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash breaks words at '=' too.
    if [[ $word == = ]]; then continue; fi
    if [[ -n $option ]]; then
      if [[ $option == -c || $option == --config ]]; then config=\${word/#'~/'/"$HOME/"}; fi
      option=''
    elif [[ $word == -* ]]; then
      case $word in
        ${[...new Set(withValue)].join('|')}) option=$word ;;
      esac
    elif [[ -z $command ]]; then
      command=$word
    else
      place=$((place + 1))
    fi
  done
  # The value of an option: no words, so that bash completes files.
  if [[ -n $option ]]; then return; fi
  if [[ -z $command ]]; then
    if [[ $cur == -* ]]; then
      words='${programOptions.flatMap(({ flags }) => flags).join(' ')}'
    else
      words='${commands.flatMap(({ names }) => names).join(' ')}'
    fi
  elif [[ $cur == -* ]]; then
    case $command in
${commands.map(optionCase).join('\n')}
    esac
  else
    case $command:$place in
${commands.flatMap(placeCases).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _gwproxy gwproxy
`;
}

function optionCase({ names, options }: CompletedCommand): string {
  return `      ${names.join('|')}) words='${options.flatMap(({ flags }) => flags).join(' ')}' ;;`;
}

function placeCases({ names, places, repeats }: CompletedCommand): readonly string[] {
  return places.flatMap((place, index) => {
    const words = placeWords(place);
    const at = repeats && index === places.length - 1 ? '*' : index;
    const patterns = names.map((name) => `${name}:${at}`).join('|');
    return words === null ? [] : [`      ${patterns}) words=${words} ;;`];
  });
}

function placeWords(place: CompletedArgument): string | null {
  if (place === 'profiles') return `$("\${COMP_WORDS[0]}" profile-names -c "$config" 2>/dev/null)`;
  return typeof place === 'string' ? null : `'${place.join(' ')}'`;
}
