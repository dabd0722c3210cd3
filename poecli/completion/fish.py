"""The script for fish 3 and later."""

from __future__ import annotations

from poecli.completion.spec import CommandSpec, CompletionKind, Flag, Spec, Value

_FRAME = r"""# Completion of poe for fish. Made by `poe completions fish`; not meant to be edited.

function __poe_project_bots
    set -l folder $PWD
    while test -n "$folder"
        if test -r "$folder/poe.toml"
            command sed -nE 's/^[[:space:]]*\[bots\."?([^]"]+)"?\].*/\1/p' "$folder/poe.toml" 2>/dev/null
            return
        end
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
end

function __poe_bots
    __poe_project_bots
    set -l cache $HOME/.cache
    set -q XDG_CACHE_HOME; and set cache $XDG_CACHE_HOME
    command cat $cache/poe/models.txt $HOME/Library/Caches/poe/models.txt 2>/dev/null
end

function __poe_command_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]
end

function __poe_no_command
    test (count (commandline -opc)) -eq 1
end

for program in poe poecli
    complete -c $program -f
    complete -c $program -n __poe_no_command -l help -d 'Explain everything'
    complete -c $program -n __poe_no_command -l version -d 'Print the version'
@LINES@
end
"""


def script(spec: Spec) -> str:
    """The whole script."""
    lines = [
        f"    complete -c $program -n __poe_no_command -a {command.name} -d '{command.summary}'"
        for command in spec.commands
    ]
    lines += [line for command in spec.commands for line in _lines(command, spec)]
    return _FRAME.replace("@LINES@", "\n".join(lines))


def _offers(value: Value, spec: Spec) -> str:
    """The options of fish's `complete` that offer the values."""
    words = {
        CompletionKind.WORDS: " ".join(value.words),
        CompletionKind.TEMPLATE: " ".join(spec.templates),
        CompletionKind.COMMAND: " ".join(command.name for command in spec.commands),
        CompletionKind.PROJECT_BOT: "(__poe_project_bots)",
        CompletionKind.BOT: "(__poe_bots)",
        CompletionKind.FOLDER: "(__fish_complete_directories)",
    }.get(value.kind, "")
    offers = f" -a '{words}'" if words else ""
    if value.kind in {CompletionKind.FILE, CompletionKind.TARGET, CompletionKind.BOT}:
        return f" -F{offers}"
    return f" -f{offers}"


def _lines(command: CommandSpec, spec: Spec) -> list[str]:
    start = f"    complete -c $program -n '__poe_command_is {command.name}'"
    lines = [start + _flag(flag, spec) for flag in command.flags]
    # fish does not count positions: what any of them takes is offered at each.
    lines += [
        start + _offers(value, spec)
        for value in command.arguments
        if value.kind != CompletionKind.TEXT
    ]
    return lines


def _flag(flag: Flag, spec: Spec) -> str:
    names = "".join(
        f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in flag.names
    )
    value = f" -r{_offers(flag.value, spec)}" if flag.value is not None else ""
    return f"{names}{value} -d '{flag.summary}'"
