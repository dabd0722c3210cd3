"""How a session ends: by a signal, by a key, or with what it was for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from poecli.commands.dev.console_log import ConsoleLog
from poecli.errors import ExitCode
from poecli.terminal.console import Console
from poecli.terminal.keys import keys
from poecli.waiting import cancel_and_wait, handling

T = TypeVar("T")


@dataclass
class Ending:
    """How the session is to end; set once. ``hurry`` ends the workers at once."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    code: ExitCode = ExitCode.DONE
    hurry: Callable[[], None] = lambda: None
    is_hurried: bool = False

    def set(self, code: ExitCode) -> None:
        if not self.event.is_set():
            self.code = code
            self.event.set()

    async def or_outcome(self, work: asyncio.Task[T], *others: asyncio.Task[Any]) -> T | None:
        """The outcome of the work; None where this end or one of the others comes first. The work
        is over then.
        """
        ending = asyncio.create_task(self.event.wait())
        try:
            await asyncio.wait({work, ending, *others}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else None
        finally:
            await cancel_and_wait(ending, work)


async def typing(
    console: Console,
    stop: Ending,
    log: ConsoleLog,
    help_line: str,
    actions: Mapping[str, Callable[[], object]],
) -> None:
    """Wait for the end; each key that is typed meanwhile acts, also c, q and h."""
    every: dict[str, Callable[[], object]] = {
        **actions,
        "c": log.clear,
        "q": lambda: stop.set(ExitCode.DONE),
        "h": lambda: log.say(help_line),
    }

    def on_key(key: str) -> None:
        action = every.get(key.lower())
        if action is not None:
            action()

    with keys(console, on_key) as can_type:
        if can_type:
            log.say(help_line)
        await stop.event.wait()


@contextmanager
def stopping_at_signals(stop: Ending) -> Iterator[None]:
    """Ctrl-C ends the session in order; a second one ends the workers at once, a third whatever
    the end still waits for.
    """
    loop, session = asyncio.get_running_loop(), asyncio.current_task()

    def take(code: ExitCode) -> None:
        if stop.is_hurried and session is not None:
            session.cancel()
        elif stop.event.is_set():
            stop.is_hurried = True
            stop.hurry()
        stop.set(code)

    wanted = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.DONE}

    def from_any_thread(number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(take, wanted[signal.Signals(number)])

    with handling(wanted, from_any_thread):
        yield
