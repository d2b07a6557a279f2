import type { CompletedArgument, CompletedCommand } from './command-words.ts';

/** To be sourced. It needs bash 3.2 alone, not the bash-completion package. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const valued = commands.flatMap(({ options }) =>
    options.flatMap(({ flags, value }) => (value === null ? [] : flags)),
  );
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
        ${[...new Set(valued)].join('|')}) option=$word ;;
      esac
    elif [[ -z $command ]]; then
      command=$word
    else
      place=$((place + 1))
    fi
  done
  # A value: no word of ours, so that bash offers files.
  if [[ -n $option ]]; then return; fi
  if [[ -z $command ]]; then
    words='${commands.map(({ name }) => name).join(' ')}'
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

function optionCase({ name, options }: CompletedCommand): string {
  return `      ${name}) words='${options.flatMap(({ flags }) => flags).join(' ')}' ;;`;
}

function placeCases({ name, places, repeats }: CompletedCommand): readonly string[] {
  return places.flatMap((place, index) => {
    const words = placeWords(place);
    const at = repeats && index === places.length - 1 ? '*' : index;
    return words === null ? [] : [`      ${name}:${at}) words=${words} ;;`];
  });
}

function placeWords(place: CompletedArgument): string | null {
  if (place === 'profiles') return `$("\${COMP_WORDS[0]}" profile-names -c "$config" 2>/dev/null)`;
  return typeof place === 'string' ? null : `'${place.join(' ')}'`;
}
