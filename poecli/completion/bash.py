"""The script for bash 3.2 and later (macOS still ships 3.2)."""

from __future__ import annotations

from poecli.completion.spec import CommandSpec, CompletionKind, Spec, Value

_FRAME = r"""# Completion of poe for bash. Made by `poe completions bash`; not meant to be edited.

_poe_project_bots() {
  local folder=$PWD
  while [ -n "$folder" ]; do
    if [ -r "$folder/poe.toml" ]; then
      command sed -nE 's/^[[:space:]]*\[bots\."?([^]"]+)"?\].*/\1/p' "$folder/poe.toml" 2>/dev/null
      return
    fi
    folder=${folder%/*}
  done
}

_poe_handles() {
  command cat "${XDG_CACHE_HOME:-$HOME/.cache}/poe/models.txt" \
    "$HOME/Library/Caches/poe/models.txt" 2>/dev/null
}

_poe_flags() {
  case $1 in
@FLAGS@
  esac
}

_poe_value() {
  case $1 in
@VALUES@
  esac
}

_poe_argument() {
  case $1 in
@ARGUMENTS@
  esac
}

_poe_offer() {
  local kind=${1%% *} words=${1#* }
  local IFS=$'\n'
  case $kind in
    words) words=${words// /$'\n'} ;;
    template) words=$'@TEMPLATES@' ;;
    command) words=$'@COMMANDS@' ;;
    project-bot) words=$(_poe_project_bots) ;;
    bot) words=$(_poe_project_bots; _poe_handles) ;;
    *) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case $kind in
    file | target | bot) COMPREPLY+=($(compgen -f -- "$cur")) ;;
    folder) COMPREPLY+=($(compgen -d -- "$cur")) ;;
  esac
  case $kind in
    file | target | bot | folder) compopt -o filenames 2>/dev/null ;;
  esac
}

_poe() {
  local cur=${COMP_WORDS[COMP_CWORD]} name=${COMP_WORDS[1]} previous= kind= i place=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@COMMAND_WORDS@ --help --version" -- "$cur"))
    return
  fi
  # Readline cuts --flag=value into three words.
  previous=${COMP_WORDS[COMP_CWORD-1]}
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$previous" = "=" ]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  kind=$(_poe_value "$name $previous")
  if [ -n "$kind" ]; then
    _poe_offer "$kind"
    return
  fi
  case $cur in
    -*)
      COMPREPLY=($(compgen -W "$(_poe_flags "$name")" -- "$cur"))
      return
      ;;
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -* | =) continue ;;
    esac
    [ -z "$(_poe_value "$name ${COMP_WORDS[i-1]}")" ] && place=$((place + 1))
  done
  _poe_offer "$(_poe_argument "$name $place")"
}

complete -F _poe poe poecli
"""


def script(spec: Spec) -> str:
    """The whole script."""
    names = [command.name for command in spec.commands]
    parts = {
        "FLAGS": [_flags(command) for command in spec.commands],
        "VALUES": [line for command in spec.commands for line in _values(command)],
        "ARGUMENTS": [line for command in spec.commands for line in _arguments(command)],
        "TEMPLATES": [r"\n".join(spec.templates)],
        "COMMANDS": [r"\n".join(names)],
        "COMMAND_WORDS": [" ".join(names)],
    }
    text = _FRAME
    for name, lines in parts.items():
        text = text.replace(f"@{name}@", "\n".join(lines))
    return text


def _flags(command: CommandSpec) -> str:
    words = " ".join(name for flag in command.flags for name in flag.names)
    return f'    {command.name}) echo "{words}" ;;'


def _shown(value: Value) -> str:
    return " ".join([value.kind.value, *value.words])


def _values(command: CommandSpec) -> list[str]:
    return [
        "    "
        + " | ".join(f'"{command.name} {name}"' for name in flag.names)
        + f') echo "{_shown(flag.value)}" ;;'
        for flag in command.flags
        if flag.value is not None
    ]


def _arguments(command: CommandSpec) -> list[str]:
    lines = []
    for place, value in enumerate(command.arguments):
        last = place == len(command.arguments) - 1
        pattern = f'"{command.name} "*' if last and command.repeats else f'"{command.name} {place}"'
        if value.kind is not CompletionKind.TEXT:
            lines.append(f'    {pattern}) echo "{_shown(value)}" ;;')
    return lines
