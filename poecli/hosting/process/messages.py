"""What `poe dev`, `poe serve` and their processes say to each other: JSON, one object a line.

To a worker    Preload, WarmUp, Prepare, Load, Exit
From a worker  PreloadDone, LoadDone, LoadFailure, OutputLine, ErrorReport, Stall, FileWrite
To one in production    Serve, Drain, Exit
From one in production  Serving, Draining, LoadFailure
To a fork server    Preload, Fork
From a fork server  PreloadDone, ForkDone, ForkExit
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from poecli.errors import BotLoadError, KeyMissing, PoeCliError, UsageError

# The stream of an output line that is ours, not the bot's.
OF_POE = "poe"


class UnknownMessage(ValueError):
    """The other end is of another version, or something else has written to the channel."""


class Message:
    """Any of these, or a part of one."""


@dataclass(frozen=True)
class Preload(Message):
    """Import these third-party modules, but for the packages that may not be."""

    modules: tuple[str, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreloadDone(Message):
    """``package`` started a thread, which a fork would not have; "" for the SDK itself."""

    package: str | None = None


@dataclass(frozen=True)
class WarmUp(Message):
    """Use the time of waiting (process.warm_up); only before `Prepare`."""


@dataclass(frozen=True)
class Prepare(Message):
    """Do all for a load that does not need the author's code.

    ``cwd`` is the project's folder. ``env`` is its .env, as pairs; the process's own environment
    is stronger. For the others see `containment.Options`.
    """

    cwd: str
    base_url: str | None
    allow_hosts: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Load(Message):
    """Load and serve a target, after `Prepare`.

    ``listen`` is the path of a unix socket, None for a free port on loopback. ``access_key`` is the
    environment's, or --access-key's with ``access_key_is_flag``. ``check`` lists
    changed files of the author's, compiled before anything runs.
    """

    target: str
    listen: str | None = None
    access_key: str | None = field(default=None, repr=False)
    access_key_is_flag: bool = False
    check: tuple[str, ...] = ()
    debug: bool = False


@dataclass(frozen=True)
class Exit(Message):
    """End, once the answers under way are over."""


@dataclass(frozen=True)
class LoadedBot(Message):
    """One of the bots of a load."""

    name: str
    path: str
    access_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class LoadDone(Message):
    """The worker serves. ``address`` is the path of a unix socket or a port on 127.0.0.1.

    ``files`` are the author's own modules, ``third_party`` the modules of packages that were not
    imported ahead, ``notes`` remarks for the author.
    """

    address: str | int
    bots: tuple[LoadedBot, ...]
    third_party: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    debug_port: int | None = None


@dataclass(frozen=True)
class LoadFailure(Message):
    """What kept a bot from being loaded, in the fields of a `PoeCliError`."""

    id: str
    message: str
    why: str
    hint: str
    detail: str
    exit_code: int

    @classmethod
    def of(cls, error: PoeCliError) -> LoadFailure:
        """For the way to the parent."""
        return cls(
            error.id, error.message, error.why, error.hint, error.detail, int(error.exit_code)
        )

    @property
    def error(self) -> PoeCliError:
        """As it was raised in the worker."""
        kinds: dict[int, type[PoeCliError]] = {k.exit_code: k for k in (UsageError, KeyMissing)}
        kind = kinds.get(self.exit_code, BotLoadError)
        return kind(self.message, why=self.why, hint=self.hint, detail=self.detail, id=self.id)


@dataclass(frozen=True)
class OutputLine(Message):
    """What the bot printed or logged, maybe several lines; ``turn`` is None outside of one."""

    text: str
    stream: str
    turn: int | None = None


@dataclass(frozen=True)
class ErrorReport(Message):
    """What the author's code raised (author.errors)."""

    turn: int | None
    message: str
    traceback: str
    place: str | None
    hint: str = ""


@dataclass(frozen=True)
class Stall(Message):
    """The bot blocked its event loop for so long; ``file`` is empty where no line of it is known.

    ``cause`` says what the line does there, where that is known and can't be seen from it.
    """

    ms: int
    file: str = ""
    line: int = 0
    function: str = ""
    cause: str = ""


@dataclass(frozen=True)
class FileWrite(Message):
    """The bot is about to change this file (sandbox.file_writes)."""

    path: str


@dataclass(frozen=True)
class Fork(Message):
    """Make a worker of the file descriptors that come with this: control socket, output pipe."""

    id: int


@dataclass(frozen=True)
class ForkDone(Message):
    """The worker of a `Fork` runs."""

    id: int
    pid: int


@dataclass(frozen=True)
class ForkExit(Message):
    """A worker has ended; ``status`` is as `subprocess.Popen.returncode`."""

    pid: int
    status: int


@dataclass(frozen=True)
class Serve(Message):
    """Load a target and serve it in production, on the socket that was handed over.

    ``cwd`` and ``env`` as in `Prepare`. ``keys`` are pairs of a bot's path and its access key, for
    bots that have none of their own; ``key`` is for all others. ``shared`` is the socket as
    Windows hands it over, in hexadecimal.
    """

    target: str
    cwd: str
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    key: str = field(default="", repr=False)
    allow_without_key: bool = False
    proxies: str = "*"
    access_log: bool = True
    shared: str = ""


@dataclass(frozen=True)
class Serving(Message):
    """It accepts requests. ``build`` tells one state of the author's files from another."""

    bots: tuple[LoadedBot, ...]
    build: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drain(Message):
    """Accept for so many seconds more, answer what has begun, and end."""

    accept_seconds: float


@dataclass(frozen=True)
class Draining(Message):
    """So many answers are under way, and waited for."""

    running: int


_KINDS = {kind.__name__: kind for kind in Message.__subclasses__()}


def encode(message: Message) -> bytes:
    """One line."""
    return json.dumps(message, default=_fields).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message of a line. Raises UnknownMessage."""
    try:
        message = json.loads(line, object_hook=_of_fields)
    except (ValueError, TypeError) as error:
        raise UnknownMessage(f"not a message of this version: {error}") from error
    if not isinstance(message, Message):
        raise UnknownMessage(f"not a message: {line[:80]!r}")
    return message


def _fields(value: object) -> Any:
    if isinstance(value, Message):
        return {"type": type(value).__name__, **vars(value)}
    return str(value)  # an author may give a bot a key of any type


def _of_fields(values: dict[str, Any]) -> Any:
    kind = _KINDS.get(values.pop("type", ""))
    if kind is None:
        raise ValueError(f"unknown kind, with {sorted(values)}")
    return kind(**{name: _as_tuple(value) for name, value in values.items()})


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
