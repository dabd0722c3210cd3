"""Turns as rows: the newest, or those that hold some words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from poecli.commands.bots.root import project_root
from poecli.commands.turns.flags import TurnsFlags
from poecli.errors import MissingChoice, UsageError
from poecli.protocol.prices import dollars
from poecli.terminal.amounts import counted, took
from poecli.terminal.console import Console
from poecli.terminal.foreign import one_line
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import last_turns, no_turn_yet, read_turns

_NARROWEST_QUESTION = 16
_BOT_WIDTH = 16
_SECOND_MS = 1000


def list_turns(console: Console, flags: TurnsFlags) -> None:
    """The newest turns, the newest last. Raises UsageError."""
    if flags.words:
        raise UsageError(
            f"list takes no {flags.words[0]!r}.", hint=f"poe turns show {flags.words[0]}"
        )
    root = project_root(Path.cwd())
    found = list(read_turns(root)) if flags.all_ else last_turns(root, flags.limit)
    if not found and not flags.json:
        raise no_turn_yet()
    _show_rows(console, found, as_json=flags.json)


def search(console: Console, flags: TurnsFlags) -> None:
    """The turns that hold all the words, in question, answer, calls or prints."""
    if not flags.words:
        raise MissingChoice("What is to be found?", hint="poe turns search WORDS")
    words = " ".join(flags.words).casefold().split()
    root = project_root(Path.cwd())
    most = None if flags.all_ else flags.limit
    found = deque((turn for turn in read_turns(root) if _holds(turn, words)), most)
    if not found and not flags.json:
        if not last_turns(root, 1):
            raise no_turn_yet()
        console.say(f"No turn holds {' '.join(flags.words)!r}.")
    _show_rows(console, found, as_json=flags.json)


def _holds(turn: KeptTurn, words: Iterable[str]) -> bool:
    texts = [turn.question, turn.text, turn.bot, turn.answer.body if not turn.text else ""]
    texts += [part for call in turn.calls for part in (call.bot, call.reply.text)]
    texts += [printed.text for printed in turn.prints]
    texts += [text for fault in turn.faults for text in vars(fault).values()]
    everything = "\n".join(texts).casefold()
    return all(word in everything for word in words)


def _show_rows(console: Console, turns: Iterable[KeptTurn], *, as_json: bool) -> None:
    if as_json:
        console.json({"type": "turns", "turns": [summary(turn) for turn in turns]})
        return
    for turn in turns:
        console.data(_row(turn, console.width))


def summary(turn: KeptTurn) -> dict[str, Any]:
    """A turn as an object of --json: what a row says."""
    return {
        "number": turn.number,
        "id": turn.id,
        "at_ms": turn.at_ms,
        "bot": turn.bot,
        "question": turn.question,
        "outcome": turn.outcome,
        "total_ms": turn.answer.total_ms,
        "calls": len(turn.calls),
        "cost": turn.cost,
        "whole": turn.whole,
    }


def when(turn: KeptTurn) -> str:
    """Its time in the zone of this machine."""
    moment = datetime.fromtimestamp(turn.at_ms / _SECOND_MS, tz=timezone.utc).astimezone()
    return moment.strftime("%m-%d %H:%M")


def _row(turn: KeptTurn, width: int) -> str:
    bot = one_line(turn.bot, width=_BOT_WIDTH)
    begin = f"{turn.number:>4}  {when(turn)}  {bot:<8}  "
    parts = [turn.outcome, took(turn.answer.total_ms)]
    if broken := {fault.name for fault in turn.faults if fault.kind == "violation"}:
        parts.insert(1, counted(len(broken), "broken rule"))
    if turn.calls:
        parts.append(counted(len(turn.calls), "call"))
    if turn.cost:
        parts.append(dollars(turn.cost))
    end = " · ".join(parts)
    room = max(_NARROWEST_QUESTION, width - len(begin) - len(end) - 2)
    question = one_line(turn.question, width=room) or "(no text)"
    return f"{begin}{question:<{room}}  {end}"
