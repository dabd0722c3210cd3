"""What the emulator tells its host: one frozen object for each thing an author wants to know.

``message_id`` is that of the user's turn the thing belongs to, "" for a script of the author's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class UpstreamStarted:
    """A bot (or a script) asks another bot. ``live_calls`` counts those that went to Poe."""

    number: int
    message_id: str
    bot: str
    mode: str
    live_calls: int


@dataclass(frozen=True)
class UpstreamEnded:
    """The other bot's answer is over; ``error`` is its text when it failed."""

    number: int
    message_id: str
    bot: str
    mode: str
    events: int
    characters: int
    ms: float
    error: str | None


@dataclass(frozen=True)
class DependencyRefused:
    """A call was refused as on Poe; ``line`` is what get_settings must return."""

    message_id: str
    bot: str
    upstream: str
    declared: int
    message: str
    line: str


@dataclass(frozen=True)
class OverDeclared:
    """A turn made fewer calls than its bot declares; told once for each bot declared."""

    message_id: str
    bot: str
    upstream: str
    declared: int
    made: int


@dataclass(frozen=True)
class CostRequested:
    """An authorize or capture; amounts in milli-cents of a US dollar."""

    message_id: str
    kind: str
    amount: int
    balance: int
    ok: bool


@dataclass(frozen=True)
class FileStored:
    """A file was uploaded; ``size`` in bytes."""

    name: str
    content_type: str
    size: int
    url: str


@dataclass(frozen=True)
class SettingsStored:
    """Settings reached the emulator; ``source`` is fetch_settings or update_settings."""

    bot: str
    source: str


@dataclass(frozen=True)
class Complaint:
    """Anything else the author must know, in the three lines of an error."""

    message_id: str
    message: str
    why: str = ""
    hint: str = ""


Report = (
    UpstreamStarted
    | UpstreamEnded
    | DependencyRefused
    | OverDeclared
    | CostRequested
    | FileStored
    | SettingsStored
    | Complaint
)
Reporter = Callable[[Report], None]
