"""The flags of `poe chat`, as they were given."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.chat.bots import AddressBook
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.chat.outbox import Told


@dataclass(frozen=True)
class ChatFlags:
    """What was asked for; None and empty where nothing was said."""

    bot: str | None = None
    message: str | None = None
    attach: tuple[str, ...] = ()
    json: bool = False
    jsonl: bool = False
    stream: bool = False
    extract: str | None = None
    plain: bool = False
    save_files: Path | None = None
    timeout: float | None = None
    retries: int = 2
    read_stdin: bool = True
    stdin_timeout: float = 30.0
    system: str = ""
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    logit_bias: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    skip_system_prompt: bool = False
    tools: Path | None = None
    yes: bool = False
    continue_: bool = False
    resume: str | None = None
    store: bool = True
    history: bool = True
    key_file: Path | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class Surroundings:
    """What a chat is given from outside; ``stack`` closes what was opened for it.

    ``tracebacks`` give what bots of this machine have raised since they were last asked.
    """

    console: Console
    flags: ChatFlags
    book: AddressBook
    stack: contextlib.AsyncExitStack
    tracebacks: list[Callable[[], Told]] = field(default_factory=list)
