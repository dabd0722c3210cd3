"""What all providers have in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECRETS_FILE = "<SECRETS>"
"""In a command, the path of a private file that is there while the command runs."""


@dataclass(frozen=True)
class Command:
    """A program and its arguments, or one line for the shell.

    ``reads_secrets``: the bot's variables go to its standard input. ``may_fail``: it is only tried,
    unseen.
    """

    words: tuple[str, ...] | str
    reads_secrets: bool = False
    may_fail: bool = False

    @property
    def program(self) -> str:
        """What has to be installed; "" where the shell knows."""
        return "" if isinstance(self.words, str) else self.words[0]

    def __str__(self) -> str:
        if isinstance(self.words, str):
            return self.words
        return " ".join(f'"{w}"' if re.search(r"[\s{}<>|]", w) else w for w in self.words)


@dataclass(frozen=True)
class Action:
    """A step of the provider. ``goes_live``: when it fails, users may already be without a bot."""

    name: str
    commands: tuple[Command, ...]
    goes_live: bool = False


@dataclass(frozen=True)
class Before:
    """What was deployed before: in the provider's own word (a version, an image), and its build.

    Both are "" for nothing.
    """

    version: str = ""
    build: str = ""


class Provider(ABC):
    """Makes commands; runs none."""

    url = re.compile(r"(https?://[^\s\"'<>]+)")
    """Finds the bot's URL in what the program prints; the last one counts."""

    @property
    def default_url(self) -> str:
        """The URL where the program prints none; "" when nobody can know."""
        return ""

    def question(self) -> Command | None:
        """What tells the version that is deployed now."""
        return None

    def version_in(self, answer: str) -> str:
        """The version in the answer to ``question``; "" for none."""
        return answer.strip()

    def secrets(self) -> Command | None:
        """What puts the bot's variables there; None where ``actions`` do, or nobody can."""
        return None

    def encoded(self, variables: Mapping[str, str]) -> bytes:
        """The variables as its program reads them. Raises ValueError for one that can't be sent."""
        return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items()).encode()

    @abstractmethod
    def actions(self, build: str, before: Before) -> Sequence[Action]:
        """What brings the project's files there, in order."""

    @abstractmethod
    def undo(self, build: str, before: Before) -> Sequence[Command]:
        """What brings back the version before; none when it can't be done."""


def _quoted(value: str) -> str:
    """As python-dotenv and a shell read it; without quotes where none are needed."""
    if re.fullmatch(r"[\w./:@%+,=-]+", value, re.ASCII):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
