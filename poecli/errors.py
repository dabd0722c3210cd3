"""Everything that can go wrong for a foreseeable reason, sorted by who must act.

    PoeCliError
    ├── UsageError              2  the command line or a project file is wrong
    │   ├── MissingChoice       2  a choice is missing and nobody can be asked
    │   ├── ProjectFileError    2  poe.toml can't be used
    │   └── AttachmentsNotAllowed 2  the bot's settings refuse the files of a message
    ├── KeyProblem              3
    │   ├── KeyMissing          3  no key was given
    │   ├── KeyRefused          3  Poe or the bot refused the key
    │   └── OutOfPoints         3  the account behind the key can't pay
    ├── NotReachable            4  no connection, no such host
    │   ├── TimedOut            4  connected, but no answer in time
    │   └── NoSuchBot           4  Poe knows no bot of that name
    ├── TryLater                5
    │   ├── RateLimited         5  too many calls; retry_after says how long to wait
    │   └── PoeFailure          5  Poe's own failure
    ├── BotFault                1  the bot at the other end is wrong, not the tool
    │   ├── BotErrorEvent       1  the bot sent an ``error`` event
    │   ├── BadAnswer           1  not an event stream, or a stream against the protocol
    │   └── CutStream           1  the stream ended before ``done``
    ├── BotLoadError            6  the author's file could not be loaded, or its process died
    └── Drift                   7  what is live differs from what is here

Anything else that escapes is our own bug: exit code 70 and a saved report.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What the shell sees. Printed in the README; compared with it by a test."""

    DONE = 0
    AT_FAULT = 1
    USAGE = 2
    KEY = 3
    NOT_REACHABLE = 4
    TRY_LATER = 5
    BOT_NOT_LOADED = 6
    DRIFT = 7
    OUR_BUG = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143


EXIT_CODE_MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.AT_FAULT: "the bot failed: it answered with an error, or `check` found faults",
    ExitCode.USAGE: "wrong usage, or a choice is missing",
    ExitCode.KEY: "a key is missing or was refused (401, 402, 403)",
    ExitCode.NOT_REACHABLE: "not reachable: network, timeout, no such bot",
    ExitCode.TRY_LATER: "try later: rate limit, overload, Poe's own failure",
    ExitCode.BOT_NOT_LOADED: "the bot could not be loaded, or crashed",
    ExitCode.DRIFT: "drift: what is live differs from what is here",
    ExitCode.OUR_BUG: "a bug in poe: a report was saved",
    ExitCode.HUNG_UP: "the terminal was closed (SIGHUP)",
    ExitCode.INTERRUPTED: "Ctrl-C",
    ExitCode.CLOSED_PIPE: "the pipe was closed (no message)",
    ExitCode.TERMINATED: "SIGTERM (`poe dev` and `poe serve`: 0)",
}


class PoeCliError(Exception):
    """Three lines for a person: what happened, why, what to type next.

    ``detail`` is shown between them as it is (a traceback of the author's, a list of choices).
    """

    id = "error"
    exit_code = ExitCode.AT_FAULT

    def __init__(
        self, message: str, *, why: str = "", hint: str = "", detail: str = "", id: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint
        self.detail = detail
        if id:
            self.id = id

    def as_json(self) -> dict[str, Any]:
        """The error object of ``--json``: id, message, why, hint, detail, exit_code."""
        return {
            "v": 1,
            "type": "error",
            "id": self.id,
            "message": self.message,
            "why": self.why,
            "hint": self.hint,
            "detail": self.detail,
            "exit_code": int(self.exit_code),
        }


class UsageError(PoeCliError):
    """The command line is wrong."""

    id = "usage"
    exit_code = ExitCode.USAGE


class MissingChoice(UsageError):
    """A choice is missing and nobody can be asked; the hint lists the flags to pass."""

    id = "missing-choice"


class ProjectFileError(UsageError):
    """A TOML file of the author's can't be used; the message names file and line."""

    id = "project-file"


class AttachmentsNotAllowed(UsageError):
    """The bot's settings refuse files; the message can still be sent without them."""

    id = "attachments-not-allowed"


class KeyProblem(PoeCliError):
    """Something about a key; base of the exit code 3 family."""

    id = "key"
    exit_code = ExitCode.KEY


class KeyMissing(KeyProblem):
    """No key was given where one is needed."""

    id = "key-missing"


class KeyRefused(KeyProblem):
    """Poe or the bot refused the key (401, 403)."""

    id = "key-refused"


class OutOfPoints(KeyProblem):
    """The account behind the key can't pay for the call (402)."""

    id = "out-of-points"


class NotReachable(PoeCliError):
    """Nobody answers at that address."""

    id = "not-reachable"
    exit_code = ExitCode.NOT_REACHABLE


class TimedOut(NotReachable):
    """Connected, but no answer within the time allowed."""

    id = "timed-out"


class NoSuchBot(NotReachable):
    """Poe knows no bot of that name, or doesn't show it to this key."""

    id = "no-such-bot"


class TryLater(PoeCliError):
    """Nothing is wrong here; asking again later can help."""

    id = "try-later"
    exit_code = ExitCode.TRY_LATER


class RateLimited(TryLater):
    """Too many calls (429). ``retry_after`` is in seconds, None when Poe did not say."""

    id = "rate-limited"

    def __init__(self, message: str, *, retry_after: float | None = None, **kwargs: str) -> None:
        super().__init__(message, **kwargs)
        self.retry_after = retry_after

    def as_json(self) -> dict[str, Any]:
        """As the parent, with ``retry_after`` in seconds."""
        return {**super().as_json(), "retry_after": self.retry_after}


class PoeFailure(TryLater):
    """Poe's own failure (5xx, overload)."""

    id = "poe-failure"


class BotFault(PoeCliError):
    """The bot at the other end is wrong, not the tool and not the caller."""

    id = "bot-fault"
    exit_code = ExitCode.AT_FAULT


class BotErrorEvent(BotFault):
    """The bot answered with an ``error`` event.

    ``allow_retry`` and ``error_type`` are the event's own fields.
    """

    id = "bot-error"

    def __init__(
        self,
        message: str,
        *,
        allow_retry: bool = True,
        error_type: str | None = None,
        **kwargs: str,
    ) -> None:
        super().__init__(message, **kwargs)
        self.allow_retry = allow_retry
        self.error_type = error_type

    def as_json(self) -> dict[str, Any]:
        """As the parent, with the event's ``allow_retry`` and ``error_type``."""
        return {
            **super().as_json(),
            "allow_retry": self.allow_retry,
            "error_type": self.error_type,
        }


class BadAnswer(BotFault):
    """The answer is no event stream, or breaks the protocol beyond use."""

    id = "bad-answer"


class CutStream(BotFault):
    """The stream ended before its ``done`` event."""

    id = "cut-stream"


class BotLoadError(PoeCliError):
    """The author's bot could not be loaded, or its process died."""

    id = "bot-not-loaded"
    exit_code = ExitCode.BOT_NOT_LOADED


class Drift(PoeCliError):
    """What is live differs from what is here."""

    id = "drift"
    exit_code = ExitCode.DRIFT
