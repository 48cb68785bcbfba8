# shellcheck shell=bash
# Completion of mesh-dns(1) in bash. It asks the program itself, `mesh-dns COMMAND --help`, and so
# knows the commands, options and values of the version that is installed.

# Reads a help text; sets commands, options, choices (values of a positional), and types: what stands
# behind an option, as FILE, or its values in braces.
_mesh_dns_read() {
  local line section='' name
  local option='^ +(-[^ ]+)( ([A-Z:]+)?(\{[^}]*\})?)?'
  commands=() options=() choices=()
  types=()
  while IFS= read -r line; do
    case $line in
      [A-Z]*:) section=${line%:} ;;
      '  '[!\ ]*)
        if [[ $section == Subcommands ]]; then
          line=${line#  }
          commands+=("${line%% *}")
        elif [[ $section == Positionals && $line =~ :\{([^}]*)\} ]]; then
          choices+=(${BASH_REMATCH[1]//,/ })
        elif [[ $line =~ $option ]]; then
          for name in ${BASH_REMATCH[1]//,/ }; do
            options+=("$name")
            types[$name]=${BASH_REMATCH[4]:-${BASH_REMATCH[3]}}
          done
        fi
        ;;
    esac
  done < <("$@" --help 2>/dev/null)
}

# Values of an option of this type that begin with the word.
_mesh_dns_values() {
  local type=$1 word=$2 values=''
  case $type in
    FILE | PATH) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames 2>/dev/null ;;
    MODE) values='universal kubernetes' ;;
    \{*) values=${type//[\{\},]/ } ;;
  esac
  [[ -z $values ]] || mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}

_mesh_dns() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
  local -a asked=("$1") commands options choices
  local -A types
  COMPREPLY=()
  # --state=FILE comes as three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  _mesh_dns_read "${asked[@]}"
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ " ${commands[*]} " == *" ${COMP_WORDS[i]} "* ]]; then
      asked+=("${COMP_WORDS[i]}")
      _mesh_dns_read "${asked[@]}"
    elif [[ -n ${types[${COMP_WORDS[i]}]-} ]]; then
      ((++i))  # its value
    fi
  done
  if [[ -n ${types[$previous]-} ]]; then
    _mesh_dns_values "${types[$previous]}" "$word"
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${options[*]}" -- "$word")
  elif ((${#commands[@]} + ${#choices[@]} > 0)); then
    mapfile -t COMPREPLY < <(compgen -W "${commands[*]} ${choices[*]}" -- "$word")
  else
    _mesh_dns_values PATH "$word"
  fi
}

complete -F _mesh_dns mesh-dns
