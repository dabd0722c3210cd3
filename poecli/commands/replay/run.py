"""What `poe replay` does: serve the project, ask again what was kept, compare."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from poecli.chat.local_output import LocalOutput
from poecli.commands.bots.root import project_root
from poecli.commands.replay.choice import TurnChoice
from poecli.commands.replay.flags import ReplayFlags
from poecli.commands.replay.printers import Printer, printer_for
from poecli.commands.run import refusal
from poecli.conformance.replays.like import Expectations
from poecli.conformance.replays.replayed import Replayed, Tally
from poecli.conformance.results import Trouble
from poecli.dev_events import DevEvent, Reloaded
from poecli.errors import ExitCode, PoeCliError
from poecli.local.flags import LocalFlags
from poecli.local.options import LocalOptions, settle_options
from poecli.local.replaying import Replayer, free_port_of, replaying
from poecli.terminal.console import Console
from poecli.turns.comparison import Difference, differences, time_ratio
from poecli.turns.kept import KeptTurn
from poecli.waiting import run_async

_OLD = "an older version of poe kept only its last message"


def run_replay(console: Console, flags: ReplayFlags) -> int:
    """Ask again; the exit code tells whether an answer differs."""
    choice = TurnChoice.of(flags, project_root(Path.cwd()))
    Expectations(flags.like)  # a file that can't be read is told before anything is started
    return run_async(_Run(console, flags, choice).work())


@dataclass
class _Run:
    """One call of the command: a run over the turns, or one after each save."""

    console: Console
    flags: ReplayFlags
    choice: TurnChoice

    def __post_init__(self) -> None:
        self._output = LocalOutput()
        self._saved = asyncio.Event()

    async def work(self) -> int:
        """Serve, and replay once or until the end is asked for."""
        turns = self._turns()
        first = next(turns)  # without any, nothing is started
        async with replaying(self._options(first), self._hear, seconds=self.flags.timeout) as asked:
            code = await self._replay(asked, itertools.chain([first], turns))
            while self.flags.watch:
                self.console.say("waiting for a save …", style="dim")
                await self._saved.wait()
                self._saved.clear()
                code = await self._replay(asked, self._turns())
        return code

    def _turns(self) -> Iterator[KeptTurn]:
        return self.choice.turns()

    def _options(self, first: KeptTurn) -> LocalOptions:
        flags = LocalFlags.for_one_command(".", self.flags.python)
        if self.flags.watch:
            flags = replace(flags, reload=True, reload_with="auto")
        flags = replace(flags, port=free_port_of(first))
        options = settle_options(flags, self.console.env, Path.cwd())
        for note in options.server.interpreter.notes:
            self.console.warn(note)
        return options

    def _hear(self, event: DevEvent) -> None:
        self._output.hear(event)
        if not isinstance(event, Reloaded):
            return
        if event.error is not None:
            self.console.show_error(event.error)
        else:
            self._saved.set()

    async def _replay(self, asked: Replayer, turns: Iterable[KeptTurn]) -> int:
        """All turns once."""
        target = Path.cwd().name
        printer = printer_for(self.console, self.flags.format, target)
        tally, began = Tally(), time.monotonic()
        expectations = Expectations(self.flags.like) if self.flags.like else None
        trouble: Trouble | None = None
        try:
            for turn in turns:
                replayed = await self._again(asked, turn, expectations, tally)
                tally.take(replayed)
                self._show(printer, replayed)
            self.choice.save()
        except BaseException as error:
            # Whoever reads the output gets a whole document, also of what came before the end.
            trouble = Trouble.of(target, "replay", refusal(error) or error)
            raise
        finally:
            printer.end(tally, time.monotonic() - began, trouble)
        return ExitCode.AT_FAULT if tally.differ else ExitCode.DONE

    def _show(self, printer: Printer, replayed: Replayed) -> None:
        """What the bot printed belongs to an answer that differs; of others it is no news."""
        printer.turn(replayed)
        if replayed.differences and self.flags.format == "text":
            self._output.show(self.console)
        self._output.forget()

    async def _again(
        self, asked: Replayer, turn: KeptTurn, expectations: Expectations | None, tally: Tally
    ) -> Replayed:
        """One turn, asked and compared."""
        result = Replayed(turn.number, turn.id, turn.bot, turn.question)
        if not turn.whole:
            return replace(result, untested=_OLD)
        try:
            seen = await asked.ask(turn, fresh=self.flags.fresh)
        except PoeCliError as error:
            said = Difference("answer", f"{error.message} {error.why}".strip())
            return replace(result, differences=(said,))
        tally.time(turn.answer.total_ms, seen.answer.total_ms)
        untested = ""
        if expectations is None:
            found = differences(turn, seen)
        else:
            found, untested = expectations.differences(seen)
        accept = self.flags.accept and bool(found)
        if accept:
            self.choice.accept(turn, seen)
        return replace(
            result,
            differences=tuple(found),
            untested=untested,
            ratio=time_ratio(turn, seen),
            accepted=accept,
        )
