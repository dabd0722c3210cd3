"""What there is to complete: commands, flags, and of what kind each value is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


class CompletionKind(Enum):
    """Where the values of a parameter come from."""

    WORDS = "words"  # a fixed choice
    FILE = "file"
    FOLDER = "folder"
    TARGET = "target"  # a folder or a file that holds a bot
    TEMPLATE = "template"
    PROJECT_BOT = "project-bot"  # the bots of poe.toml
    BOT = "bot"  # those, the cached handles of Poe, and targets
    COMMAND = "command"
    TEXT = "text"  # nothing to offer


# By parameter name; the names mean the same in every command. A new parameter that takes a value
# has to be put here: the generation fails without.
KINDS: dict[str, CompletionKind] = {
    "template": CompletionKind.TEMPLATE,
    "directory": CompletionKind.FOLDER,
    "source": CompletionKind.FOLDER,
    "save_files": CompletionKind.FOLDER,
    "target": CompletionKind.TARGET,
    "bot": CompletionKind.BOT,
    "bots": CompletionKind.PROJECT_BOT,
    "project_bot": CompletionKind.PROJECT_BOT,
    "sync": CompletionKind.PROJECT_BOT,
    "command": CompletionKind.COMMAND,
    **dict.fromkeys(
        (
            "attach",
            "tools",
            "key_file",
            "access_key_file",
            "like",
            "output",
            "python",
            "raw",
            "write",
        ),
        CompletionKind.FILE,
    ),
    **dict.fromkeys(
        (
            "access_key",
            "after",
            "assignments",
            "attach_to",
            "balance",
            "base_url",
            "execute",
            "drain",
            "explain",
            "fastapi_poe",
            "fault",
            "forwarded_allow_ips",
            "from_session",
            "gives",
            "host",
            "language",
            "last",
            "limit",
            "logit_bias",
            "message",
            "name",
            "older_than",
            "only",
            "param",
            "port",
            "removals",
            "remove",
            "repeat",
            "resume",
            "retries",
            "search",
            "seed",
            "show",
            "skip",
            "stdin_timeout",
            "stop",
            "system",
            "takes",
            "temperature",
            "timeout",
            "tunnel_url",
            "turns",
            "url",
            "wait",
            "wait_for",
            "wait_timeout",
            "words",
            "workers",
        ),
        CompletionKind.TEXT,
    ),
}


# Words to offer where others are taken too.
_OFFERED = {"tunnel": ("cloudflared", "ngrok", "ssh", "off")}


@dataclass(frozen=True)
class Value:
    """What a flag or an argument takes."""

    kind: CompletionKind
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flag:
    """One flag with all its spellings; ``value`` is None for a switch."""

    names: tuple[str, ...]
    summary: str
    value: Value | None


@dataclass(frozen=True)
class CommandSpec:
    """One command; ``arguments`` are its positions, ``repeats`` whether the last goes on."""

    name: str
    summary: str
    flags: tuple[Flag, ...]
    arguments: tuple[Value, ...]
    repeats: bool


@dataclass(frozen=True)
class Spec:
    """Everything a script is made of."""

    commands: tuple[CommandSpec, ...]
    templates: tuple[str, ...]


def spec_from_tree(tree: Mapping[str, Any], templates: Sequence[str]) -> Spec:
    """The spec of the command tree that `poe help --json` prints."""
    commands = tuple(_command(name, entry) for name, entry in tree["commands"].items())
    return Spec(commands, tuple(templates))


def _command(name: str, entry: Mapping[str, Any]) -> CommandSpec:
    options = [item for item in entry["parameters"] if item["kind"] == "option"]
    arguments = [item for item in entry["parameters"] if item["kind"] == "argument"]
    flags = [
        Flag(tuple(item["flags"]), first_sentence(item["help"]), _value(item)) for item in options
    ]
    flags.append(Flag(("--help",), "Explain the command.", None))
    return CommandSpec(
        name,
        first_sentence(entry["summary"]),
        tuple(flags),
        tuple(_value(item) or Value(CompletionKind.TEXT) for item in arguments),
        repeats=any(item["multiple"] for item in arguments),
    )


def _value(item: Mapping[str, Any]) -> Value | None:
    if not item["takes_value"]:
        return None
    if words := item["choices"] or _OFFERED.get(item["name"]):
        return Value(CompletionKind.WORDS, tuple(words))
    return Value(KINDS[item["name"]])


def first_sentence(text: str) -> str:
    """The first sentence, on one line, without what shells would read as their own."""
    sentence = " ".join(text.split()).split(". ")[0].rstrip(".")
    # U+02BC looks like an apostrophe, and is a letter to every shell; PowerShell quotes with U+2019.
    return "".join(c for c in sentence.replace("'", "\u02bc") if c not in '"`$\\[]:{}')
