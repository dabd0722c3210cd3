"""Errors of the author's code while it serves, handed on with their frames only.

fastapi_poe catches what a bot raises and only logs it. The log record is where the error itself can
be had, so a filter on that logger takes it from there, in place of forty lines of frames that are
not the author's.
"""

from __future__ import annotations

import logging
import os
from bdb import BdbQuit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fastapi_poe import base

from poecli.config.network.trust import mistake_behind
from poecli.hosting.author.frames import author_place, cut_traceback, text_to_show
from poecli.hosting.author.mistakes import recognised
from poecli.hosting.author.sdk_features import sdk_hint

_NO_TERMINAL = (
    "A bot has no terminal for breakpoint(): run poe dev --debug and attach a debugger to its port."
)
_logger = logging.getLogger("poecli.hosting")


@dataclass(frozen=True)
class AuthorError:
    """What the author's code raised: ``message`` is one line, ``place`` is ``file:line``.

    ``hint`` says what to write instead, where the mistake is a known one.
    ``request_type`` is the protocol's, or the path of a route of the author's own; ``message_id``
    that of the answer it belongs to, "" elsewhere.
    """

    message: str
    traceback: str
    place: str | None
    request_type: str
    message_id: str
    hint: str = ""


Reporter = Callable[[AuthorError], None]


@dataclass(frozen=True)
class ErrorContext:
    """The request that is being answered, and who wants to know of its errors.

    ``sandbox_hint`` says what to do about an error that the sandbox causes, "" about any other.
    """

    reporter: Reporter
    request_type: str = ""
    message_id: str = ""
    leave: Callable[[int], None] = lambda _code: None  # what sys.exit does
    sandbox_hint: Callable[[BaseException], str] = lambda _error: ""


_context: ContextVar[ErrorContext | None] = ContextVar("poecli_turn", default=None)


def log_error(error: AuthorError) -> None:
    """The reporter when nobody gave one: the log."""
    _logger.error("%s\n%s", error.message, error.traceback)


def begin(turn: ErrorContext) -> None:
    """Name the request that this task, and those it starts, is answering."""
    _context.set(turn)


def report(error: BaseException, turn: ErrorContext | None = None) -> None:
    """Hand an error of the author's on to the turn's reporter."""
    turn = turn or _context.get()
    if turn is None:
        return
    turn.reporter(_of_mistake(error, turn) or _of_error(error, turn))


def report_all(error: BaseException) -> None:
    """As `report`, also of what ends a process; that it then does, as where the bot is deployed."""
    report(error)
    turn = _context.get()
    if turn is None:
        return
    if isinstance(error, SystemExit):
        turn.leave(error.code if isinstance(error.code, int) else int(error.code is not None))
    elif isinstance(error, KeyboardInterrupt):
        turn.leave(130)


def _of_error(error: BaseException, turn: ErrorContext) -> AuthorError:
    root = _root_cause(error)
    return AuthorError(
        message=text_to_show(f"{type(root).__name__}: {root}".strip(": ")),
        traceback=cut_traceback(error),
        place=author_place(error),
        request_type=turn.request_type,
        message_id=turn.message_id,
        hint=_NO_TERMINAL
        if isinstance(root, BdbQuit)
        else turn.sandbox_hint(root) or sdk_hint(root) or variable_behind(root),
    )


def variable_behind(error: BaseException) -> str:
    """What to do about the variable of the environment that an error is about, if it is."""
    mistake = mistake_behind(error, os.environ)
    return f"{mistake.why} {mistake.hint}" if mistake else ""


def _of_mistake(error: BaseException, turn: ErrorContext) -> AuthorError | None:
    """For an error of fastapi_poe's own frames, the line of the author's that is behind it."""
    mistake = recognised(error)
    if mistake is None:
        return None
    message = text_to_show(f"{type(error).__name__}: {mistake.message}")
    return AuthorError(
        message=message,
        traceback=f"{text_to_show(mistake.source)}\n{message}",
        place=mistake.place,
        request_type=turn.request_type,
        message_id=turn.message_id,
        hint=mistake.hint,
    )


def _root_cause(error: BaseException) -> BaseException:
    """The refusal of a call that a library wrapped in an error of its own, or the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "is_containment", False):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


class _TakeErrors(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or _context.get() is None:
            return True
        report(error)
        return False


@contextmanager
def taken_from_log() -> Iterator[None]:
    """While this lasts, what fastapi_poe would log of a bot's exception goes to the reporter."""
    taker = _TakeErrors()
    base.logger.addFilter(taker)
    try:
        yield
    finally:
        base.logger.removeFilter(taker)
