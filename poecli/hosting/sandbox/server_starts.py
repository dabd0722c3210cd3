"""What starts a server in the author's file: `fp.make_app`, `fp.run`, `uvicorn.run` and `Server`.

Here they build the app, remember it and start nothing, so that our server can serve it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import fastapi_poe as fp
import uvicorn
from fastapi_poe import base

from poecli.errors import BotLoadError
from poecli.hosting.author.frames import calling_place
from poecli.poe_pages import ACCESS_KEY_PAGE
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS

_ACCESS_KEY_VARIABLE = "POE_ACCESS_KEY"
NO_KEY = f"No access key: requests are not checked. Set {_ACCESS_KEY_VARIABLE} before deploying."
_API_KEY_VARIABLE = "POE_API_KEY"


class BadAccessKey(BotLoadError):
    """An access key that fastapi_poe refuses, by ending the process."""

    id = "bad-access-key"


@dataclass(frozen=True)
class ServedApp:
    """One call of make_app or run: these bots, in this app."""

    bots: tuple[fp.PoeBot, ...] = field(repr=False)  # it would show their access keys
    app: Any


@dataclass
class Captures:
    """What the author's code asked to be served, in the order of the calls."""

    served: list[ServedApp] = field(default_factory=list)
    started: list[Any] = field(default_factory=list)  # apps given to a server; or "module:name"
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a remark for the author, once."""
        if text not in self.notes:
            self.notes.append(text)


def install(captures: Captures, *, push_settings: bool) -> Callable[[], None]:
    """Replace them wherever they are shown; returns what undoes it.

    ``push_settings`` False keeps make_app from posting the settings to anyone.
    """
    original = base.make_app
    make_app = _captured_make_app(original, captures, push_settings=push_settings)

    @functools.wraps(base.run)
    def run(*args: Any, **kwargs: Any) -> None:
        captures.started.append(make_app(*args, **kwargs))

    @functools.wraps(uvicorn.run)
    def uvicorn_run(app: Any, *_args: Any, **_kwargs: Any) -> None:
        captures.started.append(app)

    def server_run(self: uvicorn.Server, *_args: Any, **_kwargs: Any) -> None:
        captures.started.append(self.config.app)

    async def server_serve(self: uvicorn.Server, *_args: Any, **_kwargs: Any) -> None:
        captures.started.append(self.config.app)

    undo = [
        _replace_method(uvicorn.Server, "run", server_run),
        _replace_method(uvicorn.Server, "serve", server_serve),
        _replace(original, make_app, "fastapi_poe"),
        _replace(base.run, run, "fastapi_poe"),
        _replace(uvicorn.run, uvicorn_run, "uvicorn"),
    ]

    def undo_all() -> None:
        for step in undo:
            step()

    return undo_all


def _replace_method(owner: type, name: str, new: Any) -> Callable[[], None]:
    old = vars(owner)[name]
    setattr(owner, name, new)
    return lambda: setattr(owner, name, old)


def _replace(old: Any, new: Any, package: str) -> Callable[[], None]:
    """Put ``new`` in place of ``old`` in every loaded module of a package."""
    places: list[tuple[ModuleType, str]] = [
        (module, name)
        for module_name, module in list(sys.modules.items())
        if module_name.partition(".")[0] == package
        for name, value in list(vars(module).items())
        if value is old
    ]
    for module, name in places:
        setattr(module, name, new)

    def undo() -> None:
        for module, name in places:
            setattr(module, name, old)

    return undo


def _captured_make_app(
    original: Callable[..., Any], captures: Captures, *, push_settings: bool
) -> Callable[..., Any]:
    @functools.wraps(original)
    def make_app(bot: Any, access_key: str = "", **kwargs: Any) -> Any:
        hidden = _settle_key(bot, access_key, kwargs, captures)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_without_variables(hidden))
            stack.enter_context(without_reminders())
            if not push_settings:
                stack.enter_context(_without_push())
            app = original(bot, access_key, **kwargs)
        bots = (bot,) if isinstance(bot, fp.PoeBot) else tuple(bot)
        captures.served.append(ServedApp(bots, app))
        return app

    return make_app


def _settle_key(bot: Any, access_key: str, kwargs: dict[str, Any], captures: Captures) -> list[str]:
    """Do here what make_app does by ending the process; returns variables to hide from it.

    Raises BadAccessKey for a key of the wrong length.
    """
    hidden: list[str] = []
    if isinstance(bot, fp.PoeBot) and bot.access_key is None:
        source, key = _key_and_source(access_key, kwargs.get("api_key", ""))
        if source == f"${_API_KEY_VARIABLE}" and len(key) != ACCESS_KEY_CHARACTERS.value:
            # It is the user's key for calls to Poe; fastapi_poe takes it for the bot's.
            hidden, key = [_API_KEY_VARIABLE], ""
        if key and len(key) != ACCESS_KEY_CHARACTERS.value:
            raise _bad_key(source, len(key))
        needs_key = not key
    else:
        needs_key = not isinstance(bot, fp.PoeBot) and any(b.access_key is None for b in bot)
    if needs_key and not kwargs.get("allow_without_key"):
        kwargs["allow_without_key"] = True
        captures.note(NO_KEY)
    return hidden


def _key_and_source(access_key: str, api_key: str) -> tuple[str, str]:
    """The key make_app would take, in its order, and where it comes from."""
    candidates = (
        ("access_key=", access_key),
        (f"${_ACCESS_KEY_VARIABLE}", os.environ.get(_ACCESS_KEY_VARIABLE, "")),
        ("api_key=", api_key),
        (f"${_API_KEY_VARIABLE}", os.environ.get(_API_KEY_VARIABLE, "")),
    )
    return next((found for found in candidates if found[1]), ("", ""))


def _bad_key(source: str, length: int) -> BadAccessKey:
    place = calling_place(sys._getframe())  # noqa: SLF001 - the only way to a caller's line
    return BadAccessKey(
        f"The access key from {source} is not an access key.",
        why=f"It has {length} characters; access keys have {ACCESS_KEY_CHARACTERS.value}."
        + (f" Used at {place}." if place else ""),
        hint=f"Copy it from {ACCESS_KEY_PAGE.format(bot='NAME')} into .env, as "
        f"{_ACCESS_KEY_VARIABLE}=…; or leave it out and pass allow_without_key=True.",
    )


@contextlib.contextmanager
def _without_variables(names: Sequence[str]) -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


class _DropWarnings(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno != logging.WARNING


@contextlib.contextmanager
def without_reminders() -> Iterator[None]:
    """make_app reminds in six lines to sync the settings by hand; `poe dev` shows them anyway."""
    reminders = _DropWarnings()
    base.logger.addFilter(reminders)
    try:
        yield
    finally:
        base.logger.removeFilter(reminders)


@contextlib.contextmanager
def _without_push() -> Iterator[None]:
    undo = _replace(fp.sync_bot_settings, lambda **_kwargs: None, "fastapi_poe")
    try:
        yield
    finally:
        undo()
