"""Whom `poe chat` asks, and with which key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.addresses import is_loopback_url
from poecli.chat.bots import AddressBook, LocalStarter
from poecli.client.address import BotAddress
from poecli.config.credentials import Secret, checked_key, find_access_key, find_api_key
from poecli.config.paths import user_folders
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, Project, find_project
from poecli.config.settings import Environment, base_url, read_environment
from poecli.errors import UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.chat.outbox import Told


def starter(
    console: Console,
    stack: contextlib.AsyncExitStack,
    tracebacks: list[Callable[[], Told]],
    local_poes: list[str],
) -> LocalStarter:
    """Starts a local bot; the dev server is loaded only when one is asked for.

    ``local_poes`` gets the address of the local Poe beside it.
    """

    async def start(spec: str) -> BotAddress:
        from poecli.commands.chat.local_bot import Tracebacks, local_starter

        kept = Tracebacks()
        tracebacks.append(kept.take)
        return await local_starter(stack, console.env, console, kept, local_poes)(spec)

    return start


def address_book(
    console: Console,
    key_file: Path | None,
    base: str | None,
    start: LocalStarter,
    local_poes: Sequence[str],
) -> AddressBook:
    """``base`` is the platform's address where a flag gives it. Raises UsageError, ConfigError."""
    folder = Path.cwd()
    project = find_project(folder)
    environment = read_environment(console.env, project.root)
    key_of_file = _key_of(key_file) if key_file else None
    config = user_folders(console.env).config
    found = find_api_key(environment, config)
    return AddressBook(
        folder=folder,
        base_url=base_url(environment, base, project.base_url).value,
        api_key=key_of_file or (found.value if found else None),
        access_key_for=_access_keys(project, environment, key_of_file),
        start_local=start,
        local_poe=lambda: local_poes[-1] if local_poes else None,
    )


def _key_of(file: Path) -> Secret:
    try:
        return checked_key(file.read_text(encoding="utf-8-sig"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key file {file} can't be read.", why=str(error)) from error


def _access_keys(
    project: Project, environment: Environment, given: Secret | None
) -> Callable[[str], Secret | None]:
    """An access key goes to this machine and to the project's own URLs; nobody else sees it."""

    def key_for(url: str) -> Secret | None:
        if given is not None:
            return given
        variable = DEFAULT_ACCESS_KEY_VARIABLE if is_loopback_url(url) else None
        for entry in project.bots.values():
            if entry.url and url.rstrip("/") == entry.url.rstrip("/"):
                variable = entry.access_key_env
        found = find_access_key(environment, variable) if variable else None
        return found.value if found else None

    return key_for
