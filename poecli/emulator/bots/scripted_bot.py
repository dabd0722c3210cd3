"""An upstream bot that answers from a small file; `script_file` says what may stand in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from poecli.config.toml_tables import TomlFile
from poecli.emulator.bots.mock_tools import tool_call_chunks
from poecli.emulator.bots.script_file import ScriptedAnswer, read_script
from poecli.emulator.bots.upstream import BotCall
from poecli.emulator.faults import CutConnection
from poecli.emulator.state.files import FileStore, FileTooLarge
from poecli.errors import UsageError
from poecli.protocol import events as ev

_TEXT_EVENTS: Mapping[str, Callable[[str], ev.Event]] = {
    "text": ev.Text,
    "replace": ev.ReplaceResponse,
    "reply": ev.SuggestedReply,
    "data": ev.Data,
}


class ScriptedBot:
    """Answers from a script; the same calls in the same order get the same answers."""

    def __init__(self, file: Path, files: FileStore) -> None:
        self._file = file
        self._files = files
        self._read_at: tuple[int, int] | None = None
        self._answers: tuple[ScriptedAnswer, ...] = ()
        self._given: dict[int, int] = {}

    async def answer(self, call: BotCall) -> AsyncGenerator[ev.Event, None]:
        """The first answer that fits. Raises UsageError for a script that can't be used."""
        self._refresh()
        scripted, match = self._choose(call)
        if scripted.suggests:
            yield ev.Meta(suggested_replies=True)
        tools = 0
        for step in scripted.steps:
            if "tool" in step:
                arguments = step.get("arguments", {})
                for chunk in tool_call_chunks(call.bot, step["tool"], arguments, tools):
                    yield ev.Json(chunk)
                tools += 1
            elif "wait" in step:
                await asyncio.sleep(step["wait"])
            elif step.get("cut"):
                raise CutConnection
            else:
                yield self._event(step, match, call)
        yield ev.Done()

    def _refresh(self) -> None:
        stamp = None
        with suppress(OSError):  # reading it says why
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        if stamp is None or stamp != self._read_at:
            self._answers = read_script(TomlFile.read(self._file))
            self._read_at, self._given = stamp, {}

    def _choose(self, call: BotCall) -> tuple[ScriptedAnswer, re.Match[str] | bool]:
        for number, answer in enumerate(self._answers):
            given = self._given.get(number, 0)
            if answer.times is not None and given >= answer.times:
                continue
            if match := answer.fits(call.bot, call.last_text):
                self._given[number] = given + 1
                return answer, match
        raise UsageError(
            f"No answer of {self._file.name} matches {call.last_text[:80]!r}.",
            hint='Add one, or an [[answer]] without "when" at the end to match the rest.',
        )

    def _event(
        self, step: Mapping[str, Any], match: re.Match[str] | bool, call: BotCall
    ) -> ev.Event:
        def filled(text: str) -> str:
            if not isinstance(match, re.Match):
                return text
            return re.sub(r"\{(\d)\}", lambda n: _group(match, int(n[1])), text)

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
            raise UsageError(f"The file {name} of the script can't be sent: {error}") from error
        return ev.File(call.origin + stored.url_path, stored.content_type, stored.name)


def _group(match: re.Match[str], number: int) -> str:
    try:
        return match.group(number) or ""
    except IndexError:
        return ""
