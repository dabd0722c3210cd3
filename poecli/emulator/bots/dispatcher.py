"""Every call to a bot on the local Poe, whichever endpoint it came in by, is dispatched here.

Checks who may call (dependencies), picks who answers (modes), injects faults, reports to the
author.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from poecli.config.faults import Fault
from poecli.dev_events import Advice, Listener, UpstreamEnded, UpstreamStarted
from poecli.emulator import refusals
from poecli.emulator.bots import modes
from poecli.emulator.bots.frozen import FrozenTurn, FrozenTurns
from poecli.emulator.bots.modes import Mode
from poecli.emulator.bots.upstream import BotCall, LastAnswer, UpstreamBot, frame_of
from poecli.emulator.faults import CutConnection, FaultInjector
from poecli.emulator.state.turns import Turns, UserTurn
from poecli.errors import NoSuchBot, PoeCliError, RateLimited, TryLater
from poecli.protocol import events as ev
from poecli.protocol.requests import QueryRequest
from poecli.turns.kept import KeptCall, RecordedEvent

Events = AsyncGenerator[ev.Event, None]
_MOST_TEXT = 200
_MOST_KEPT_BYTES = 4 * 1024 * 1024  # of the data of one answer


class Dispatcher:
    """Connects calls with the bots that answer them.

    ``build`` makes the upstream bot of a handle and mode; ``known`` tells the handles of the
    author's own bots, which answer for themselves unless a mode says otherwise. Around a turn of
    ``frozen`` its kept answers take the place of all of them.
    """

    def __init__(
        self,
        table: Mapping[str, Mode],
        *,
        build: Callable[[str, Mode], UpstreamBot],
        known: Callable[[str], bool],
        frozen: FrozenTurns,
        turns: Turns,
        faults: FaultInjector,
        report: Listener,
        keep: Callable[[UserTurn, int, KeptCall, Sequence[str]], None],
    ) -> None:
        self._table = dict(table)
        self._build = build
        self._known = known
        self._frozen = frozen
        self._turns = turns
        self._faults = faults
        self._report = report
        self._keep = keep
        self._bots: dict[tuple[str, Mode], UpstreamBot] = {}
        self.calls: Counter[str] = Counter()  # that Poe would let through, by handle
        self.last_answers: dict[str, LastAnswer] = {}
        self._numbers = itertools.count(1)
        self._live_calls = 0

    @property
    def named(self) -> list[str]:
        """The handles that a mode was set for."""
        return [bot for bot in self._table if bot != modes.EVERY_BOT]

    @property
    def handles(self) -> list[str]:
        """Those that answer: not the ones that are off."""
        return [bot for bot in self.named if self._table[bot].kind != modes.OFF]

    def set_mode(self, bot: str, mode: Mode) -> None:
        """From the next call on; an answer that runs goes on as it began."""
        self._table[bot] = mode

    def mode_of(self, bot: str) -> Mode:
        """What answers for a handle."""
        if bot in self._table:
            return self._table[bot]
        if self._known(bot):
            return Mode(modes.LOCAL, bot)
        return self._table.get(modes.EVERY_BOT, Mode(modes.MOCK))

    async def answer(
        self,
        bot: str,
        request: QueryRequest,
        *,
        origin: str,
        key: str = "",
        asked: Sequence[Fault] = (),
    ) -> Events:
        """The answer to one call. Ends with ``done``, unless CutConnection is raised."""
        turn = self._turns.find(message_id=request.message_id, bot_query_id=request.bot_query_id)
        # A call that names no turn we know is one of the turn that is asked again.
        frozen = self._frozen.around(turn or self._turns.only_running())
        if frozen is not None and not frozen.answers(bot):
            frozen = None
        mode = self.mode_of(bot) if frozen is None else Mode(modes.FROZEN)
        number = next(self._numbers)
        if turn is not None and (refused := self._turns.admit(turn, bot)):
            self._report(refused)
            yield refusals.NOT_DECLARED.event(f"local-{number}")
            yield ev.Done()
            return
        keys = (key, request.access_key, request.api_key)
        # By OpenAI's API a bot names no turn; Poe counts such calls for none either.
        named = request.message_id or request.bot_query_id
        caller = turn if named else self._turns.only_running()
        call = BotCall(bot, request, origin, number, caller, keys)
        self.calls[bot] += 1
        self._live_calls += mode.kind in modes.POE_ITSELF
        self._report(UpstreamStarted(number, request.message_id, bot, str(mode), self._live_calls))
        if turn is not None:
            asked = (*asked, *turn.faults)
        tally = _AnswerStats(counted=turn is not None, kept=caller is not None)
        try:
            async with AsyncExitStack() as stack:
                upstream = self._events(call, mode, frozen, tally)
                events = await self._faults.apply(upstream, stack, asked)
                async for event in events:
                    tally.take(event)
                    if isinstance(event, ev.Done):
                        self._finish(call, mode, tally)
                    yield event
        except CutConnection:
            tally.error = "the connection was cut"
            raise
        finally:
            self._finish(call, mode, tally)

    async def _events(
        self, call: BotCall, mode: Mode, frozen: FrozenTurn | None, tally: _AnswerStats
    ) -> Events:
        """What the upstream bot says; trouble on the way becomes the error Poe would send."""
        if mode.kind == modes.OFF:
            yield refusals.NO_SUCH_BOT.event()
            yield ev.Done()
            return
        try:
            events = (frozen or self._upstream(call.bot, mode)).answer(call)
            try:
                async for event in events:
                    yield event
            finally:
                await events.aclose()
        except PoeCliError as error:
            tally.trouble = error.message
            self._report(Advice(error.message, error.why, error.hint, call.request.message_id))
            yield _event_of(error)
            yield ev.Done()

    def _upstream(self, bot: str, mode: Mode) -> UpstreamBot:
        if (bot, mode) not in self._bots:
            self._bots[bot, mode] = self._build(bot, mode)
        return self._bots[bot, mode]

    def _finish(self, call: BotCall, mode: Mode, tally: _AnswerStats) -> None:
        """Report that a call is over; the first time only."""
        if tally.finished:
            return
        tally.finished = True
        self.last_answers[call.bot] = LastAnswer(
            tally.text, tally.characters, tally.ms, tally.error or tally.trouble
        )
        if call.turn is not None:
            self._keep(call.turn, call.number, tally.kept_call(call, call.turn, mode), call.keys)
        if tally.failed_before_answer and tally.counted and call.turn is not None:
            self._turns.release(call.turn, call.bot)
        self._report(
            UpstreamEnded(
                call.number,
                call.request.message_id,
                call.bot,
                str(mode),
                tally.events,
                tally.characters,
                tally.ms,
                tally.error,
                tally.trouble,
            )
        )


class _AnswerStats:
    """Counts of one answer while it passes, and its events where they are to be ``kept``."""

    def __init__(self, *, counted: bool, kept: bool) -> None:
        self.started = time.monotonic()
        self.counted = counted  # among the calls that its turn may make
        self.events = 0
        self.characters = 0
        self.text = ""  # its beginning
        self.error: str | None = None
        self.trouble = ""
        self.failed_before_answer = False
        self.finished = False
        self._kept: list[RecordedEvent] = []
        self._room = _MOST_KEPT_BYTES if kept else -1

    def take(self, event: ev.Event) -> None:
        if isinstance(event, ev.Error):
            self.error = event.text or event.error_type or "error"
            # fastapi_poe asks again after such an error; Poe's own failure is no call made.
            self.failed_before_answer = event.allow_retry and not self.characters
        if isinstance(event, (ev.Text, ev.ReplaceResponse)):
            self.characters += len(event.text)
            before = self.text if isinstance(event, ev.Text) else ""
            self.text = before + event.text[: _MOST_TEXT - len(before)]
        self.events += 1
        if self._room >= 0:
            frame = frame_of(event)
            self._room -= len(frame.data)
            self._kept.append(RecordedEvent(self.ms, frame))

    def kept_call(self, call: BotCall, turn: UserTurn, mode: Mode) -> KeptCall:
        """The call with its answer so far."""
        return KeptCall(
            bot=call.bot,
            mode=str(mode),
            request=call.request.model_dump(exclude_defaults=True),
            events=tuple(self._kept),
            at_ms=round((self.started - turn.began) * 1000, 1),
            total_ms=self.ms,
            error=self.error,
            cut=not self._kept or self._kept[-1].frame.event != "done",
        )

    @property
    def ms(self) -> float:
        """How long it has taken so far."""
        return round((time.monotonic() - self.started) * 1000, 1)


def _event_of(error: PoeCliError) -> ev.Error:
    """What a bot sees of trouble between the emulator and the upstream bot."""
    if isinstance(error, RateLimited):
        return refusals.RATE_LIMITED.event()
    if isinstance(error, NoSuchBot):
        return refusals.NO_SUCH_BOT.event()
    return ev.Error(error.message, allow_retry=isinstance(error, TryLater))
