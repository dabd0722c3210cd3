"""The script for zsh: a function named _poe, on $fpath."""

from __future__ import annotations

from poecli.completion.spec import CommandSpec, CompletionKind, Flag, Spec, Value

_FRAME = r"""#compdef poe poecli
# Completion of poe for zsh. Made by `poe completions zsh`; not meant to be edited.

_poe_project_bots() {
  local folder=$PWD
  local -a bots
  while [[ -n $folder ]]; do
    if [[ -r $folder/poe.toml ]]; then
      bots=(${(f)"$(command sed -nE 's/^[[:space:]]*\[bots\."?([^]"]+)"?\].*/\1/p' $folder/poe.toml 2>/dev/null)"})
      break
    fi
    folder=${folder%/*}
  done
  (( $#bots )) && compadd -a bots
}

_poe_bots() {
  local -a handles
  handles=(${(f)"$(command cat ${XDG_CACHE_HOME:-$HOME/.cache}/poe/models.txt $HOME/Library/Caches/poe/models.txt 2>/dev/null)"})
  _poe_project_bots
  (( $#handles )) && compadd -a handles
  _files
}

_poe() {
  local -a commands
  commands=(
@COMMANDS@
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'command' commands
    compadd -- --help --version
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
@CASES@
  esac
}

_poe "$@"
"""

_ACTIONS = {
    CompletionKind.FILE: "_files",
    CompletionKind.FOLDER: "_files -/",
    CompletionKind.TARGET: "_files",
    CompletionKind.PROJECT_BOT: "_poe_project_bots",
    CompletionKind.BOT: "_poe_bots",
    CompletionKind.TEXT: " ",
}


def script(spec: Spec) -> str:
    """The whole script."""
    commands = [f"    '{command.name}:{command.summary}'" for command in spec.commands]
    cases = [line for command in spec.commands for line in _case(command, spec)]
    return _FRAME.replace("@COMMANDS@", "\n".join(commands)).replace("@CASES@", "\n".join(cases))


def _action(value: Value, spec: Spec) -> str:
    if value.kind is CompletionKind.WORDS:
        return f"({' '.join(value.words)})"
    if value.kind is CompletionKind.TEMPLATE:
        return f"({' '.join(spec.templates)})"
    if value.kind is CompletionKind.COMMAND:
        return f"({' '.join(command.name for command in spec.commands)})"
    return _ACTIONS[value.kind]


def _case(command: CommandSpec, spec: Spec) -> list[str]:
    lines = [f"    {command.name})", "      _arguments -S \\"]
    lines += [f"        {line} \\" for flag in command.flags for line in _flag(flag, spec)]
    for place, value in enumerate(command.arguments):
        last = place == len(command.arguments) - 1
        position = "*" if last and command.repeats else str(place + 1)
        lines.append(f"        '{position}:{value.kind.value}:{_action(value, spec)}' \\")
    lines[-1] = lines[-1].removesuffix(" \\")
    return [*lines, "      ;;"]


def _flag(flag: Flag, spec: Spec) -> list[str]:
    tail = f"[{flag.summary}]"
    if flag.value is not None:
        tail += f":{flag.value.kind.value}:{_action(flag.value, spec)}"
    # The star lets a flag be given again; which may not is the program's word.
    equals = "=" if flag.value is not None else ""
    return [f"'*{name}{equals if name.startswith('--') else ''}{tail}'" for name in flag.names]
