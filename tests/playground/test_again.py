"""Again on save as a state machine: saves, answers and switches in any order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from poecli.errors import UsageError
from poecli.playground.again.again import Again
from poecli.playground.again.compared import AskedTurn
from poecli.playground.api import ServedProject
from poecli.protocol.events import Done, Event, Text
from poecli.protocol.sse import Frame
from poecli.turns.kept import KeptAnswer, KeptCall, KeptTurn, RecordedEvent


def kept(id: str, text: str, *calls: KeptCall) -> KeptTurn:
    body = f"event: text\ndata: {json.dumps({'text': text})}\n\nevent: done\ndata: {{}}\n\n"
    message = {"role": "user", "content": "Hi"}
    request = {"query": [message], "message_id": id}
    return KeptTurn(1, id, 1, "Bot", request, KeptAnswer(body), calls=calls)


def call(bot: str, mode: str) -> KeptCall:
    events = (RecordedEvent(1.0, Frame("done", "{}")),)
    return KeptCall(bot, mode, {"query": []}, events)


@dataclass
class Bots:
    """Stands in for what serves the bots. Each answer runs until the test ends it."""

    generation: int = 1
    calls: tuple[KeptCall, ...] = ()
    turns: dict[str, KeptTurn] = field(default_factory=dict)
    by: dict[str, int] = field(default_factory=dict)  # answer -> generation
    asked: list[int] = field(default_factory=list)
    frozen: list[KeptTurn | None] = field(default_factory=list)
    running: dict[str, asyncio.Event] = field(default_factory=dict)

    def answer(self, text: str = "old") -> str:
        """An answer in a chat is over."""
        answer = f"m-{len(self.by)}"
        self.turns[answer] = kept(answer, text, *self.calls)
        self.by[answer] = self.generation
        return answer

    def ask_again(
        self, _turn: KeptTurn, frozen: KeptTurn | None
    ) -> tuple[str, AsyncGenerator[Event, None]]:
        self.frozen.append(frozen)
        self.asked.append(self.generation)
        answer = f"m-{len(self.by)}"
        self.by[answer] = self.generation
        return answer, self._events(answer)

    async def _events(self, id: str) -> AsyncGenerator[Event, None]:
        self.running[id] = asyncio.Event()
        try:
            yield Text(f"by {self.by[id]}")
            await self.running[id].wait()
            self.turns[id] = kept(id, f"by {self.by[id]}", *self.calls)
            yield Done()
        finally:
            self.running.pop(id, None)

    async def turn_of(self, answer: str) -> AskedTurn | None:
        turn = self.turns.get(answer)
        return AskedTurn(turn, self.by[answer]) if turn else None


class Watched:
    """Again over stood-in bots, with what it told."""

    def __init__(self) -> None:
        self.bots = Bots()
        self.told: list[Any] = []
        project = cast("ServedProject", self.bots)
        self.again = Again(project, self.told.append, self.bots.turn_of)
        self.again.reloaded(1)

    def save(self) -> None:
        self.bots.generation += 1
        self.again.reloaded(self.bots.generation)

    @property
    def generations_running(self) -> list[int]:
        return [self.bots.by[answer] for answer in self.bots.running]

    async def settled(self) -> None:
        """Until it waits for an answer, or for something to do."""
        while not (self._is_idle or self._waits_for_an_answer):  # noqa: ASYNC110 - in threads too
            await asyncio.sleep(0.001)

    @property
    def _is_idle(self) -> bool:
        work = self.again._work
        return work is None or work.done()

    @property
    def _waits_for_an_answer(self) -> bool:
        return self.generations_running == [self.bots.generation] and self.again.is_on

    async def end_answers(self) -> None:
        for running in list(self.bots.running.values()):
            running.set()
        self.bots.running.clear()
        await self.settled()


class Saves(RuleBasedStateMachine):
    """Whatever happens, what is asked is the newest generation, and one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.watched = self.loop.run_until_complete(self._made())
        self.has_answer = False
        self.since = 0  # the generation of the answer that it is compared with

    async def _made(self) -> Watched:
        return Watched()

    def do(self, *actions: Any) -> None:
        async def work() -> None:
            for action in actions:
                action()
            await self.watched.settled()

        self.loop.run_until_complete(work())

    @rule(times=st.integers(1, 4))
    def save(self, times: int) -> None:
        self.do(*[self.watched.save] * times)

    @rule(on=st.booleans())
    def switch(self, on: bool) -> None:
        self.do(lambda: self.watched.again.switch(on=on))

    @rule()
    def ask_in_a_chat(self) -> None:
        answer = self.watched.bots.answer()
        self.has_answer, self.since = True, self.watched.bots.generation
        self.do(lambda: self.watched.again.answered(answer))

    @precondition(lambda self: self.watched.bots.running)
    @rule()
    def answer(self) -> None:
        self.loop.run_until_complete(self.watched.end_answers())

    @invariant()
    def only_the_newest_is_asked(self) -> None:
        running = self.watched.generations_running
        assert running in ([], [self.watched.bots.generation])
        assert running == [] or self.watched.again.is_on

    @invariant()
    def none_is_asked_twice(self) -> None:
        since = [each for each in self.watched.bots.asked if each > self.since]
        assert since == sorted(set(since))

    @invariant()
    def the_last_save_is_asked(self) -> None:
        newest = self.watched.bots.generation
        wanted = self.has_answer and self.watched.again.is_on and newest > self.since
        assert not wanted or self.watched.bots.asked[-1] == newest

    @invariant()
    def what_is_shown_is_of_the_newest_that_answered(self) -> None:
        shown = self.watched.again.as_json()
        compared = shown["comparison"]
        assert not compared or compared["now"]["generation"] <= shown["generation"]

    def teardown(self) -> None:
        self.loop.run_until_complete(self.watched.again.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


TestSaves = Saves.TestCase
TestSaves.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


async def asked(watched: Watched) -> None:
    """On, with a question answered by generation 1."""
    watched.again.answered(watched.bots.answer())
    watched.again.switch(on=True)
    await watched.settled()


async def test_the_new_answer_stands_beside_the_old_one() -> None:
    watched = Watched()
    await asked(watched)
    watched.save()
    await watched.settled()
    assert watched.again.as_json()["running"]
    await watched.end_answers()
    compared = watched.again.as_json()["comparison"]
    assert compared["words"] == [["old", "by 2"]]
    assert (compared["before"]["generation"], compared["now"]["generation"]) == (1, 2)


async def test_keeping_the_new_answer_compares_later_ones_with_it() -> None:
    watched = Watched()
    await asked(watched)
    for _ in range(2):
        watched.save()
        await watched.settled()
        await watched.end_answers()
        watched.again.keep()
    watched.save()
    await watched.settled()
    await watched.end_answers()
    assert watched.again.as_json()["comparison"]["words"] == [["by "], ["3", "4"]]


async def test_there_is_nothing_to_keep_before_an_answer() -> None:
    with pytest.raises(UsageError):
        Watched().again.keep()


async def test_a_new_call_is_recorded_the_first_time_and_replayed_after() -> None:
    watched = Watched()
    watched.bots.calls = (call("A", "mock"),)
    await asked(watched)
    for calls in ((call("A", "frozen"), call("B", "live")), ()):
        watched.bots.calls = calls
        watched.save()
        await watched.settled()
        await watched.end_answers()
    frozen = [[each.bot for each in turn.calls] for turn in watched.bots.frozen if turn]
    assert frozen == [["A"], ["A", "B"]]


async def test_nothing_is_frozen_when_all_is_to_be_fresh() -> None:
    watched = Watched()
    await asked(watched)
    watched.again.freeze(frozen=False)
    watched.save()
    await watched.settled()
    assert watched.bots.frozen == [None]
    await watched.again.close()


async def test_a_page_that_comes_meanwhile_gets_the_text_so_far() -> None:
    watched = Watched()
    await asked(watched)
    watched.save()
    await watched.settled()
    await asyncio.sleep(0)
    state, text = watched.again.state()
    assert state["running"]
    assert text["ops"] == [["o", 0, '<p dir="auto">by 2</p>']]
    await watched.again.close()


async def test_an_answer_that_is_not_kept_says_so() -> None:
    watched = Watched()
    watched.again.answered("m-99")
    watched.again.switch(on=True)
    await watched.settled()
    assert "not kept" in watched.again.as_json()["trouble"]
