"""Mistakes that fastapi_poe's own frames report, without a line of the author's: which, and where.

A bot that yields plain text fails inside of `PoeBot.handle_query`, with an AttributeError of 'str'
and a traceback that holds none of the author's frames: their generator is only waiting then. The
line at which it waits is the line to mend.
"""

from __future__ import annotations

import gc
import inspect
import linecache
import reprlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import AsyncGeneratorType, CodeType, FrameType
from typing import Any

from fastapi_poe import base

from poecli.hosting.author.frames import is_author_file
from poecli.suggestions import shown_path

FIX_YIELD = "yield fp.PartialResponse(text=…)"
_SHOWN_LENGTH = 40


@dataclass(frozen=True)
class Mistake:
    """What the author wrote; ``place`` is ``file:line``, ``source`` the frame of a traceback."""

    message: str
    place: str
    source: str
    hint: str


def recognised(error: BaseException) -> Mistake | None:
    """The author's mistake behind an error raised by fastapi_poe itself; None for any other."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not frames or frames[-1].f_code.co_filename != base.__file__:
        return None
    frame = frames[-1]
    if isinstance(error, AttributeError) and frame.f_code.co_name == "handle_query":
        return _wrong_event(frame)
    bot = frame.f_locals.get("self")
    if isinstance(error, TypeError) and "__aiter__" in str(error):
        return _no_generator(bot)
    if isinstance(error, AttributeError) and frame.f_code.co_name == "handle_settings":
        return _wrong_settings(bot, frame.f_locals.get("settings"))
    if isinstance(error, TypeError) and "await" in str(error):
        return _no_coroutine(bot)
    return None


def _wrong_event(frame: FrameType) -> Mistake | None:
    values = frame.f_locals
    of_bot = [waiting for waiting in _waiting_generators() if _holds(waiting, values.get("self"))]
    of_query = [waiting for waiting in of_bot if _holds(waiting, values.get("request"))]
    # A request that the author has put another value in place of leaves the bot's generators: they
    # tell the line as long as they all wait at the same one.
    if not of_query and len({(waiting.f_code, waiting.f_lineno) for waiting in of_bot}) != 1:
        return None
    waiting = (of_query or of_bot)[0]
    name = waiting.f_code.co_name
    return _mistake(
        f"{name} yielded {_described(values.get('event'))} instead of fp.PartialResponse",
        waiting.f_code.co_filename,
        waiting.f_lineno,
        name,
        FIX_YIELD,
    )


def _holds(frame: FrameType, value: Any) -> bool:
    return any(held is value for held in frame.f_locals.values())


def _waiting_generators() -> Iterator[FrameType]:
    """The frames of the author's asynchronous generators that have begun and not ended."""
    # Neither the error nor the frame leads to the generator: only the collector knows it.
    for value in gc.get_objects():
        if type(value) is AsyncGeneratorType and value.ag_frame is not None:
            frame: FrameType = value.ag_frame
            if is_author_file(frame.f_code.co_filename):
                yield frame


def _described(event: Any) -> str:
    kind = type(event).__name__
    if event is None:
        return kind
    shown = reprlib.Repr()
    shown.maxstring = shown.maxother = _SHOWN_LENGTH
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} ({shown.repr(event)})"


def _no_generator(bot: Any) -> Mistake | None:
    for name, code, function in _authors_own(bot, "get_response"):
        if not inspect.isasyncgenfunction(function):
            return _mistake(
                f"{name} is not an asynchronous generator",
                code.co_filename,
                code.co_firstlineno,
                name,
                f"`async def {name}(…)` with `{FIX_YIELD}` in it, without `return TEXT`",
            )
    return None


def _wrong_settings(bot: Any, settings: Any) -> Mistake | None:
    for name, code, _ in _authors_own(bot, "get_settings"):
        return _mistake(
            f"{name} returned {_described(settings)} instead of fp.SettingsResponse",
            code.co_filename,
            code.co_firstlineno,
            name,
            "return fp.SettingsResponse(…)",
        )
    return None


def _no_coroutine(bot: Any) -> Mistake | None:
    for name, code, function in _authors_own(bot, "get_settings"):
        if not inspect.iscoroutinefunction(function):
            return _mistake(
                f"{name} is not asynchronous",
                code.co_filename,
                code.co_firstlineno,
                name,
                f"`async def {name}(…)`",
            )
    return None


def _authors_own(bot: Any, method: str) -> Iterator[tuple[str, CodeType, Any]]:
    """The author's functions for it, the one that is called first; each with its name and code."""
    for name in (f"{method}_with_context", method):
        function = inspect.unwrap(getattr(type(bot), name, _no_generator))
        code = getattr(function, "__code__", None)
        if code is not None and is_author_file(code.co_filename):
            yield name, code, function


def _mistake(message: str, file: str, line: int, function: str, fix: str) -> Mistake:
    place = f"{shown_path(file)}:{line}"
    source = f'  File "{shown_path(file)}", line {line}, in {function}\n'
    text = linecache.getline(file, line).strip()
    return Mistake(message, place, f"{source}    {text}" if text else source, f"{place}: {fix}")
