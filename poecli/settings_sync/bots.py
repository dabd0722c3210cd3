"""Which bots are meant, and the access key of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from poecli.addresses import is_loopback_url
from poecli.config.credentials import (
    Secret,
    access_key_missing,
    checked_access_key,
    find_access_key,
    key_file_text,
)
from poecli.config.project import BotEntry, Project
from poecli.config.settings import Environment
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.console import Console
from poecli.terminal.prompts import ask_secret

FILE_FLAG = "--access-key-file"


def chosen(
    project: Project, names: Sequence[str], *, all_bots: bool, only_one: bool
) -> list[BotEntry]:
    """The bots to sync: those named, all of ``poe.toml``, or the only one there.

    A name that ``poe.toml`` does not have is taken as it is: only Poe knows every handle.
    ``only_one``: a flag says what is true of one bot. Raises MissingChoice, UsageError.
    """
    bots = _meant(project, names, all_bots=all_bots)
    if only_one and len(bots) > 1:
        raise UsageError(
            "A flag for one bot can't be used with several.",
            why="Each bot has its own access key and URL.",
            hint="Name one bot, or add the keys to .env and the urls to poe.toml.",
        )
    return bots


def _meant(project: Project, names: Sequence[str], *, all_bots: bool) -> list[BotEntry]:
    if all_bots and names:
        raise UsageError("--all can't be combined with names.", hint="poe sync-settings --all")
    if names:
        return [project.bots.get(name) or BotEntry(name) for name in dict.fromkeys(names)]
    if all_bots and not project.bots:
        raise UsageError(
            "No bot to sync.", why=_why_none(project), hint="Add a table: [bots.my-bot]"
        )
    if not all_bots and len(project.bots) != 1:
        named = ", ".join(project.bots)
        raise MissingChoice(
            "No bot was given.",
            why=f"poe.toml has several: {named}." if named else _why_none(project),
            hint="poe sync-settings BOT" + (", or poe sync-settings --all" if named else ""),
        )
    return list(project.bots.values())


def _why_none(project: Project) -> str:
    return "There is no poe.toml here." if project.file is None else "poe.toml lists none."


def given_key(
    console: Console, *, value: str | None, file: Path | None, from_stdin: bool
) -> Secret | None:
    """The key that one of three flags gives; None when none does. Raises UsageError."""
    if sum((value is not None, file is not None, from_stdin)) > 1:
        raise UsageError("Only one flag can set the access key.")
    if value is not None:
        return checked_access_key(value, source="--access-key")
    if from_stdin:
        return checked_access_key(console.stdin.readline(), source="standard input")
    return checked_access_key(key_file_text(file), source=FILE_FLAG) if file else None


def access_key_of(
    entry: BotEntry,
    given: Secret | None,
    environment: Environment,
    console: Console,
    *,
    needed: bool,
    base_url: str,
) -> Secret | None:
    """The key that a flag has ``given``, else the bot's own, from the environment or .env.

    When it is ``needed`` and nowhere, a person is asked, else KeyMissing raised.
    Call from synchronous code: a question runs a loop of its own.
    """
    if given is not None:
        return given
    found = find_access_key(environment, entry.access_key_env)
    if found is not None:
        return found.value
    if not needed:
        return None
    if not console.can_ask:
        local = is_loopback_url(base_url)
        raise access_key_missing(entry.name, entry.access_key_env, on_local_poe=local)
    answer = ask_secret(console, f"Access key of {entry.name}:", flag=FILE_FLAG)
    return checked_access_key(answer, source="the answer")
