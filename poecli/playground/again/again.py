"""The last question of the page's chats, asked again by each new generation.

One rule decides, whatever is heard: while it is on, a generation is asked that is newer than the
last one asked and than the one that gave the answer it is compared with. At most one answer is
under way; that of an older generation is stopped, so that saves faster than answers pile up
nothing. A generation that was overtaken before it was asked is asked never.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from poecli.errors import PoeCliError, UsageError
from poecli.playground.again.compared import AskedTurn, comparison
from poecli.playground.answer_text import AnswerText
from poecli.playground.api import ServedProject
from poecli.turns.kept import KeptCall

_MOST_CALLS = 64  # recorded

Publish = Callable[[Mapping[str, Any]], None]
Kept = Callable[[str], Awaitable[AskedTurn | None]]


class Again:
    """`switch` it, and tell it of every answer and generation. What it says goes to ``publish``.

    ``kept`` gives the turn of an answer by its id, None where it is not kept.
    """

    def __init__(self, project: ServedProject, publish: Publish, kept: Kept) -> None:
        self.is_on = False
        self.is_frozen = True
        self._project = project
        self._publish = publish
        self._kept = kept
        self._generation = 0
        self._answer_id = ""  # of the chat's last answer, which the new one is compared with
        self._before: AskedTurn | None = None
        self._now: AskedTurn | None = None
        self._recorded: tuple[KeptCall, ...] = ()
        self._asked = 0  # the newest generation that was asked, or that gave the answer before
        self._is_running = False
        self._comparison: dict[str, Any] | None = None
        self._trouble = ""
        self._text = AnswerText()
        self._asking: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None

    @property
    def awaits_saves(self) -> bool:
        """Whether the next generation will be asked."""
        return self.is_on and bool(self._answer_id)

    # --- what the author does ---

    def switch(self, *, on: bool, answer_id: str = "") -> None:
        """On or off; ``answer_id`` is that of the last answer in the chat that is open."""
        self.is_on = on
        if answer_id:
            self._take(answer_id)
        if not on:
            self._stop()
        self._look()

    def freeze(self, *, frozen: bool) -> None:
        """Whether other bots answer as they were recorded, from the next time on."""
        self.is_frozen = frozen
        self._tell()

    def keep(self) -> None:
        """Later answers are compared with the newest. Raises UsageError where there is none."""
        if self._now is None:
            raise UsageError("No new answer is there to keep.", hint="Save a change first.")
        self._before, self._now, self._comparison = self._now, None, None
        self._tell()

    # --- what is heard ---

    def answered(self, answer_id: str) -> None:
        """An answer of a chat is over: from now on its question is the last one."""
        self._take(answer_id)
        self._look()

    def reloaded(self, generation: int) -> None:
        """This generation answers from now on."""
        self._generation = generation
        if self._must_ask():
            self._stop()
        self._look()

    async def close(self) -> None:
        """Stop what runs."""
        self.is_on = False
        self._stop()
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)

    # --- what the page is told ---

    def as_json(self) -> dict[str, Any]:
        """All but the text of an answer that runs."""
        before = self._before
        return {
            "on": self.is_on,
            "frozen": self.is_frozen,
            "question": before.turn.question if before else "",
            "turn": before.turn.number if before else None,
            "generation": self._asked,
            "running": self._is_running,
            "trouble": self._trouble,
            "comparison": self._comparison,
        }

    def state(self) -> list[Mapping[str, Any]]:
        """What a page begins with."""
        told: list[Mapping[str, Any]] = [{"type": "again", **self.as_json()}]
        if self._is_running:
            # Of all pages: the next operations go on from these.
            anew = {"type": "again-text", "anew": True, "ops": self._text.anew(is_over=False)}
            self._publish(anew)
            told.append(anew)
        return told

    def _tell(self) -> None:
        self._publish({"type": "again", **self.as_json()})

    def _tell_text(self, text: AnswerText, operations: list[Any]) -> None:
        if operations and text is self._text:
            self._publish({"type": "again-text", "anew": False, "ops": operations})

    # --- what follows ---

    def _take(self, answer_id: str) -> None:
        if answer_id != self._answer_id:
            self._answer_id = answer_id
            self._before = self._now = self._comparison = None
            self._recorded = ()
            self._trouble = ""
            self._stop()

    def _must_load(self) -> bool:
        return self.is_on and bool(self._answer_id) and self._before is None and not self._trouble

    def _must_ask(self) -> bool:
        return self.is_on and self._before is not None and self._generation > self._asked

    def _look(self) -> None:
        """Begin to work where something is to be done."""
        if (self._must_load() or self._must_ask()) and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._do())
        self._tell()

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()

    async def _do(self) -> None:
        """One thing after the other, until there is nothing to do."""
        while True:
            work: Coroutine[Any, Any, None]
            if self._must_load():
                work = self._load(self._answer_id)
            elif self._must_ask() and self._before is not None:
                work = self._ask(self._before)
            else:
                return
            self._asking = asyncio.create_task(self._tried(work))
            await asyncio.wait({self._asking})
            self._tell()

    async def _tried(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except PoeCliError as error:
            self._trouble = _words(error)

    async def _load(self, answer_id: str) -> None:
        before = await self._kept(answer_id)
        if answer_id != self._answer_id:
            return
        if before is None or not before.turn.whole:
            self._trouble = "The last answer is not kept: ask once more."
            return
        self._before = before
        self._recorded = before.turn.calls
        self._asked = before.generation or self._generation

    async def _ask(self, before: AskedTurn) -> None:
        self._asked = self._generation
        self._is_running, self._trouble = True, ""
        self._text = AnswerText()
        self._tell()
        try:
            now, trouble = await self._answer(before)
            if now is None:
                self._trouble = trouble or "The new answer was not kept."
                return
            compared = await asyncio.to_thread(comparison, before, now)
            if before is self._before:
                self._now, self._comparison = now, compared
                self._record(now)
        finally:
            self._is_running = False

    async def _answer(self, before: AskedTurn) -> tuple[AskedTurn | None, str]:
        """The new answer, if it was kept, and what went wrong on the way."""
        frozen = replace(before.turn, calls=self._recorded) if self.is_frozen else None
        over, trouble = asyncio.Event(), ""
        answer_id, events = self._project.ask_again(before.turn, frozen)
        tell = partial(self._tell_text, self._text)
        painting = asyncio.create_task(self._text.paint(tell, over))
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    if self._text.take(event):
                        anew = self._text.anew(is_over=False)
                        self._publish({"type": "again-text", "anew": True, "ops": anew})
        except PoeCliError as error:
            trouble = _words(error)
        finally:
            over.set()
            await painting
        return await self._kept(answer_id), trouble

    def _record(self, now: AskedTurn) -> None:
        """Its answers of other bots: all of them, or those to calls that are new."""
        calls = now.turn.calls
        if self.is_frozen:
            calls = (*self._recorded, *(call for call in calls if call.mode != "frozen"))
        self._recorded = calls[-_MOST_CALLS:]


def _words(error: PoeCliError) -> str:
    return f"{error.message} {error.why}".strip()
