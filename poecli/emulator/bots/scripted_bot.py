"""An upstream bot that answers from a small file; `script_file` says what may stand in it."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from poecli.config.toml_tables import TomlFile
from poecli.emulator.bots.latency import AT_ONCE, Latency, slowed
from poecli.emulator.bots.mock_tools import newest_results, results_in_words, tool_call_chunks
from poecli.emulator.bots.script_file import ScriptedAnswer, read_script
from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.faults import CutConnection
from poecli.emulator.state.files import FileStore, FileTooLarge
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.system_errors import reason_of

_TEXT_EVENTS: Mapping[str, Callable[[str], ev.Event]] = {
    "text": ev.Text,
    "replace": ev.ReplaceResponse,
    "reply": ev.SuggestedReply,
    "data": ev.Data,
}

_PLACE = re.compile(r"\{(\d|result)\}")
_KEPT_MESSAGES = 512  # whose answers are counted


class ScriptedBot:
    """Answers from a script; the same calls in the same order get the same answers."""

    def __init__(self, file: Path, files: FileStore, latency: Latency = AT_ONCE) -> None:
        self._file = file
        self._files = files
        self._latency = latency
        self._read_at: tuple[int, int] | None = None
        self._answers: tuple[ScriptedAnswer, ...] = ()
        self._given: Counter[int] = Counter()
        self._given_to: OrderedDict[str, Counter[int]] = OrderedDict()  # by the user's message

    async def answer(self, call: BotCall) -> AsyncGenerator[ev.Event, None]:
        """The first answer that fits. Raises UsageError for a script that can't be used."""
        self._refresh()
        scripted, match = self._choose(call)
        latency = self._latency.override(scripted.delay, scripted.pace)
        async with aclosing(slowed(self._answer(call, scripted, match), latency)) as events:
            async for event in events:
                yield event

    async def _answer(
        self, call: BotCall, scripted: ScriptedAnswer, match: re.Match[str] | bool
    ) -> AsyncGenerator[ev.Event, None]:
        if scripted.suggests:
            yield ev.Meta(suggested_replies=True)
        filled = _filling(scripted, match, call)
        asked = 0
        for are_tools, steps in itertools.groupby(scripted.steps, lambda step: "tool" in step):
            if are_tools:
                calls = [(s["tool"], _filled_in(s.get("arguments", {}), filled)) for s in steps]
                for chunk in tool_call_chunks(call.bot, calls, asked):
                    yield ev.Json(chunk)
                asked += len(calls)
                continue
            for step in steps:
                if "wait" in step:
                    await asyncio.sleep(step["wait"])
                elif step.get("cut"):
                    raise CutConnection
                else:
                    yield self._event(step, filled, call)
        yield ev.Done()

    def _refresh(self) -> None:
        stamp = None
        with suppress(OSError):  # reading it says why
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        if stamp is None or stamp != self._read_at:
            self._answers = read_script(TomlFile.read(self._file))
            self._read_at = stamp
            self._given.clear()
            self._given_to.clear()

    def _choose(self, call: BotCall) -> tuple[ScriptedAnswer, re.Match[str] | bool]:
        given = self._given_to.setdefault(call.message_key, Counter())
        self._given_to.move_to_end(call.message_key)
        if len(self._given_to) > _KEPT_MESSAGES:
            self._given_to.popitem(last=False)
        for number, answer in enumerate(self._answers):
            if answer.times is not None and self._given[number] >= answer.times:
                continue
            most = answer.times_per_message
            if most is not None and given[number] >= most:
                continue
            if match := answer.fits(call):
                self._given[number] += 1
                given[number] += 1
                return answer, match
        raise UsageError(
            f"No answer of {self._file.name} matches {call.last_text[:80]!r}.",
            hint='Add one, or an [[answer]] without "when" at the end to match the rest.',
        )

    def _event(
        self, step: Mapping[str, Any], filled: Callable[[str], str], call: BotCall
    ) -> ev.Event:
        for kind, make in _TEXT_EVENTS.items():
            if kind in step:
                return make(filled(step[kind]))
        if "file" in step:
            return self._attached(step["file"], call)
        if "json" in step:
            return ev.Json(step["json"])
        return ev.Error(
            filled(step["error"]),
            allow_retry=step.get("retry", True),
            error_type=step.get("type"),
        )

    def _attached(self, name: str, call: BotCall) -> ev.File:
        path = self._file.parent / name
        try:
            stored = self._files.add(path.name, path.read_bytes())
        except (OSError, FileTooLarge) as error:
            said = f"The file {name} of the script can't be sent: {reason_of(error)}"
            raise UsageError(said) from error
        return ev.File(self._files.url_of(stored, call.origin), stored.content_type, stored.name)


def _filling(
    scripted: ScriptedAnswer, match: re.Match[str] | bool, call: BotCall
) -> Callable[[str], str]:
    """What puts groups of the pattern and results of tools into a text."""
    tool = scripted.after_tool
    results = [r for r in newest_results(call.request) if tool in (None, r.name)]

    def value(place: re.Match[str]) -> str:
        if place[1] == "result":
            return results_in_words(results)
        return _group(match, int(place[1])) if isinstance(match, re.Match) else place[0]

    return lambda text: _PLACE.sub(value, text)


def _filled_in(value: Any, filled: Callable[[str], str]) -> Any:
    """The value with all its texts filled."""
    if isinstance(value, str):
        return filled(value)
    if isinstance(value, dict):
        return {key: _filled_in(part, filled) for key, part in value.items()}
    return [_filled_in(part, filled) for part in value] if isinstance(value, list) else value


def _group(match: re.Match[str], number: int) -> str:
    try:
        return match.group(number) or ""
    except IndexError:
        return ""
