"""What was deployed last, and how far a deploy came that is not over: ``.poe/deploys.json``.

{"v": 1, "bots": {"my-bot": {"live": {…}, "begun": {…}}}}. No key is ever in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.errors import TryLater
from poecli.protocol.foreign_json import loads
from poecli.safe_files import FileHeld, held, keep_out_of_git, write_whole
from poecli.system_errors import unusable
from poecli.turns.journal import STATE_FOLDER

FILE_NAME, LOCK_NAME = "deploys.json", "deploy.lock"
_VERSION = 1


@dataclass(frozen=True)
class Live:
    """A deploy that came to its end. ``answers_as`` is the build that the bot itself tells of."""

    build: str
    to: str
    url: str
    at: str  # ISO 8601, UTC
    answers_as: str = ""


@dataclass(frozen=True)
class Begun:
    """A deploy that is not over: the names of what was ``done``, and what was there before it.

    ``version`` and ``build_before`` are the provider's word and the build to go back to;
    ``answered_as`` and ``settings_before`` what the old code answered, the latter as a digest.
    ``sent`` is a digest of the variables it went live with, "" before it was to.
    """

    build: str
    to: str
    done: tuple[str, ...] = ()
    version: str = ""
    build_before: str = ""
    answered: bool = False
    answered_as: str = ""
    settings_before: str = ""
    url: str = ""  # that the provider gave
    sent: str = ""

    def having_done(self, step: str) -> Begun:
        return replace(self, done=(*self.done, step))


@dataclass(frozen=True)
class BotRecord:
    """Of one bot; None for what there is not."""

    live: Live | None = None
    begun: Begun | None = None


@dataclass
class Records:
    """Those of a project; each change is written at once."""

    root: Path
    bots: dict[str, BotRecord] = field(default_factory=dict)

    def of(self, bot: str) -> BotRecord:
        """That of a bot; an empty one before its first deploy."""
        return self.bots.get(bot, BotRecord())

    def keep(self, bot: str, record: BotRecord) -> None:
        """Write the file whole or not at all. Raises UsageError when it can't be written."""
        self.bots[bot] = record
        shown = {name: asdict(each) for name, each in self.bots.items()}
        text = json.dumps({"v": _VERSION, "bots": shown}, indent=1)
        file = self.root / STATE_FOLDER / FILE_NAME
        try:
            write_whole(file, text.encode())
        except OSError as error:
            raise unusable(file, "written", error) from error


@contextlib.contextmanager
def deploying(root: Path, bots: str) -> Iterator[Records]:
    """The records of a project, whose ``bots`` nobody else deploys until the block ends.

    Raises TryLater while another process does, UsageError where nothing can be written.
    """
    file = root / STATE_FOLDER / LOCK_NAME
    words = f"Process {os.getpid()} deploys {bots} since {time.strftime('%H:%M:%S')}."
    with contextlib.ExitStack() as stack:
        try:
            keep_out_of_git(file.parent)
            stack.enter_context(held(file, words))
        except FileHeld as error:
            raise TryLater(
                "Another `poe deploy` of this project is under way.",
                why=str(error),
                hint="Wait until it has ended, then run this again.",
                id="deploy-under-way",
            ) from None
        except OSError as error:
            raise unusable(file, "written", error) from error
        yield read_records(root)


def read_records(root: Path) -> Records:
    """The records of a project. A file that can't be understood counts as none: it only helps."""
    try:
        values = loads((root / STATE_FOLDER / FILE_NAME).read_bytes())
        if values["v"] != _VERSION:
            return Records(root)
        return Records(root, {name: _record(each) for name, each in values["bots"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Records(root)


def _record(values: Mapping[str, Any]) -> BotRecord:
    live, begun = values["live"], values["begun"]
    return BotRecord(
        live=None if live is None else Live(**live),
        begun=None if begun is None else Begun(**{**begun, "done": tuple(begun["done"])}),
    )
