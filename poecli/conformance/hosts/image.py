"""The command that serves a bot, as a Dockerfile or a Procfile has it.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from poecli.conformance.results import Finding
from poecli.protocol import limits

GRACE = "host-grace-short"
_SECONDS = limits.ANSWER_SECONDS.value
_GUNICORN_SECONDS = 30.0  # https://docs.gunicorn.org/en/stable/settings.html#graceful-timeout
_LINE = ("sh", "-c")
_SHELLS = {"sh", "bash", "dash", "ash"}


@dataclass(frozen=True)
class ImageCommand:
    """What starts in the container: its arguments, variables and place; ``port`` is EXPOSEd."""

    arguments: tuple[str, ...]
    line: int
    variables: Mapping[str, str] = field(default_factory=dict)
    port: str = ""

    def __str__(self) -> str:
        return self.arguments[-1] if self.is_for_a_shell else shlex.join(self.arguments)

    @property
    def is_for_a_shell(self) -> bool:
        """Whether the last argument is what a shell reads, and not a file that it runs."""
        is_shell = PurePath(self.arguments[0]).name in _SHELLS
        return is_shell and bool(re.fullmatch(r"-\w*c", self.arguments[-2:][0]))

    @property
    def words(self) -> list[str]:
        """The arguments; of a shell's command those that stand in it."""
        return _words(self.arguments[-1]) if self.is_for_a_shell else list(self.arguments)


def command_of_image(text: str) -> ImageCommand | None:
    """The command of a Dockerfile's last stage; None where its base image says it."""
    entry: list[str] = []
    command: list[str] = []
    variables: dict[str, str] = {}
    port, place = "", 0
    for line, name, rest in _instructions(text):
        if name == "FROM":
            entry, command, port, place = [], [], "", 0
        elif name == "ENV":
            variables |= _variables(rest)
        elif name == "EXPOSE":
            port = next(iter(rest.split()), "").partition("/")[0]
        elif name == "ENTRYPOINT":
            entry, place = _arguments(rest), line
        elif name == "CMD":
            command, place = _arguments(rest), line
    whole = tuple(entry) if _is_line(entry) else (*entry, *command)
    return ImageCommand(whole, place, variables, port) if whole else None


def command_of_procfile(text: str) -> ImageCommand | None:
    """The command of the process ``web``."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"web:\s*(\S.*)", line):
            return ImageCommand(("sh", "-c", found[1]), number)
    return None


# By the name of the file, what says most first.
COMMAND_FILES: Mapping[str, Callable[[str], ImageCommand | None]] = {
    "Dockerfile": command_of_image,
    "Procfile": command_of_procfile,
}


def look_at_command(command: ImageCommand, file: str) -> list[Finding]:
    """Whether its server gives running answers the time that Poe gives them."""
    words = command.words
    seconds = _option(words, "--timeout-graceful-shutdown")
    server = "uvicorn"
    if any(PurePath(word).name == "gunicorn" for word in words):
        server = "gunicorn"
        given = _option(words, "--graceful-timeout")
        seconds = _GUNICORN_SECONDS if given is None else given
    if seconds is None or seconds >= _SECONDS:
        return []
    detail = f"{server} cuts running answers {seconds:g} s after SIGTERM"
    return [Finding(GRACE, detail, place=f"{file}:{command.line}")]


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and the rest of each instruction; its lines put together."""
    whole, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        first = first if whole else number
        whole += plain
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        name, *rest = whole.split(None, 1)
        yield first, name.upper(), "".join(rest)
        whole = ""


def _is_line(entry: Sequence[str]) -> bool:
    """Whether it is a line for the shell, to which nothing is added."""
    return len(entry) > len(_LINE) and tuple(entry[: len(_LINE)]) == _LINE


def _arguments(rest: str) -> list[str]:
    try:
        found = json.loads(rest)
    except ValueError:
        return [*_LINE, rest]
    return found if isinstance(found, list) and all(isinstance(x, str) for x in found) else []


def _variables(rest: str) -> dict[str, str]:
    words = _words(rest)
    if words and "=" not in words[0]:  # the old form: ENV NAME value
        return {words[0]: " ".join(words[1:])}
    return {name: value for name, found, value in (w.partition("=") for w in words) if found}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark without its like
        return text.split()


def _option(words: Sequence[str], name: str) -> float | None:
    """The number that an option gives; None where it is not there, or no number."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        given = word.removeprefix(f"{name}=") if word.startswith(f"{name}=") else following
        if (word == name or given is not following) and given.isdecimal():
            return float(given)
    return None
