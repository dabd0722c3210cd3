"""How long upstream bots take, on a clock that only counts."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from poecli.emulator.bots.cassette import Cassette, Recording
from poecli.emulator.bots.latency import Latency
from poecli.emulator.bots.mock_bot import MockBot
from poecli.emulator.bots.poe_bots import ReplayingBot
from poecli.emulator.bots.scripted_bot import ScriptedBot
from poecli.emulator.bots.upstream import BotCall, UpstreamBot
from poecli.emulator.state.files import FileStore
from poecli.protocol import events as ev
from poecli.protocol.messages import ProtocolMessage
from poecli.protocol.requests import QueryRequest
from poecli.protocol.sse import Frame
from poecli.turns.comparable import comparable
from poecli.turns.kept import RecordedEvent

TAPE = (RecordedEvent(250, Frame("text", '{"text": "a"}')), RecordedEvent(300, Frame("done", "{}")))
SLOW = Latency(delay=0.5, pace=0.1)


class CountingLoop(asyncio.SelectorEventLoop):
    """Its clock jumps to the next timer: what would be waited for is counted."""

    def __init__(self) -> None:
        super().__init__(_Skipping(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Skipping(selectors.SelectSelector):
    def __init__(self, loop: CountingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now += timeout or 0.0
        return super().select(0)


def run(
    work: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, list[float]]],
) -> list[float]:
    loop = CountingLoop()
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.close()


def call() -> BotCall:
    message = ProtocolMessage(role="user", content="hi")
    return BotCall("Bot", QueryRequest(query=[message], message_id="m"), "http://x", 1)


def times_of(bot: UpstreamBot, events: int) -> list[float]:
    """When the first events of an answer come, in seconds."""

    async def work(loop: asyncio.AbstractEventLoop) -> list[float]:
        answer: AsyncGenerator[ev.Event, None] = bot.answer(call())
        times = [round(loop.time(), 3) async for _ in answer]
        return times[:events]

    return run(work)


def script(folder: Path, extra: str = "") -> Path:
    file = folder / "s.toml"
    file.write_text(f"[[answer]]\n{extra}\nevents = [{{ text = 'a' }}, {{ text = 'b' }}]\n")
    return file


def tape(folder: Path) -> Cassette:
    cassette = Cassette(folder / "t.jsonl")
    cassette.add(Recording("Bot", comparable(call().request, ()), TAPE), ())
    return cassette


BOTS: list[tuple[str, Callable[[Path], UpstreamBot], list[float]]] = [
    ("mock", lambda d: MockBot(FileStore(d), latency=SLOW), [0.5, 0.6, 0.7]),
    ("script", lambda d: ScriptedBot(script(d), FileStore(d), SLOW), [0.5, 0.6, 0.6]),
    (
        "an answer of a script",
        lambda d: ScriptedBot(script(d, "delay = 2"), FileStore(d), SLOW),
        [2.0, 2.1, 2.1],
    ),
    (
        "a script alone",
        lambda d: ScriptedBot(script(d, "pace = 1"), FileStore(d)),
        [0.0, 1.0, 1.0],
    ),
    ("replay", lambda d: ReplayingBot(tape(d), (), SLOW), [0.5, 0.5]),
    ("as recorded", lambda d: ReplayingBot(tape(d), (), Latency(recorded=True)), [0.25, 0.3]),
    ("at once", lambda d: ReplayingBot(tape(d), ()), [0.0, 0.0]),
]


@pytest.mark.parametrize(("bot", "times"), [row[1:] for row in BOTS], ids=[row[0] for row in BOTS])
def test_an_answer_takes_its_time(
    bot: Callable[[Path], UpstreamBot], times: list[float], tmp_path: Path
) -> None:
    """The delay before the first event, the pace between two; `done` comes with the last."""
    assert times_of(bot(tmp_path), len(times)) == times
