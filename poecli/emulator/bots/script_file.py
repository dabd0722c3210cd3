r"""The file of a scripted bot: its form, and reading it.

    [[answer]]
    when = "hello"                  # the last message holds this; case is ignored
    say = "Hi there."

    [[answer]]
    matches = 'order (\d+)'         # or a regular expression; {1} is its first group
    times = 1                       # only once, then the next answer that fits
    events = [
      { wait = 0.5 },               # seconds
      { text = "Order {1} " },
      { replace = "Order {1} is on its way." },
      { reply = "Where is it now?" },
      { file = "label.pdf" },       # beside this file
      { data = "state" },
      { json = { any = "object" } },
      { tool = "weather", arguments = { city = "Paris" } },
      { error = "Out of paper", retry = false, type = "user_caused_error" },
      { cut = true },               # the connection breaks here
    ]

    [[answer]]                      # to a bot that has run a tool: {result} is what it gave
    after_tool = "weather"          # after_tools = true: after any; false: before all
    say = "In Paris it is {result}."

    [[answer]]
    when = "slow"
    times_per_message = 1           # counted anew for each message of the user
    delay = 0.8                     # seconds before the first event, and between two;
    pace = 0.05                     # in place of those of the mode script:FILE,delay=…,pace=…
    say = "At last."

    [[answer]]                      # without a condition: whatever is left
    say = "I only know hello and orders."

The first answer that fits is given; the file is read again when it changes. After a tool, ``when``
and ``matches`` look at what the user said; without ``after_tool`` and ``after_tools`` they look at
the last message, which may hold the results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poecli.config.toml_tables import (
    COUNT,
    PATTERN,
    SECONDS,
    TABLE,
    TEXT,
    YES_OR_NO,
    TomlFile,
    ValueType,
    tables_called,
)
from poecli.emulator.bots.mock_tools import newest_results
from poecli.emulator.bots.upstream import BotCall
from poecli.protocol import events as ev

_STEPS = {
    "wait": SECONDS,
    "text": TEXT,
    "replace": TEXT,
    "reply": TEXT,
    "file": TEXT,
    "data": TEXT,
    "json": TABLE,
    "tool": TEXT,
    "error": TEXT,
    "cut": YES_OR_NO,
}
_ERROR_TYPE = ValueType(
    f"one of {', '.join(ev.ERROR_TYPES)}", lambda value: value in ev.ERROR_TYPES
)
# What may stand beside a key.
_EXTRAS = {
    "error": {"retry": YES_OR_NO, "type": _ERROR_TYPE},
    "tool": {"arguments": TABLE},
}
_EVENTS = ValueType(
    'a list of tables, such as { text = "…" }',
    lambda value: isinstance(value, list) and all(isinstance(step, dict) for step in value),
)
_ANSWER = {
    "when": TEXT,
    "matches": PATTERN,
    "bot": TEXT,
    "times": COUNT,
    "times_per_message": COUNT,
    "after_tool": TEXT,
    "after_tools": YES_OR_NO,
    "delay": SECONDS,
    "pace": SECONDS,
    "say": TEXT,
    "events": _EVENTS,
}
# Keys that are a field of the same name.
_COPIED = ("bot", "times", "times_per_message", "after_tool", "after_tools", "delay", "pace")


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer: its condition, how often it is given, its steps in order, and their seconds."""

    steps: tuple[Mapping[str, Any], ...]
    pattern: re.Pattern[str] | None = None
    bot: str | None = None
    times: int | None = None
    times_per_message: int | None = None
    after_tool: str | None = None
    after_tools: bool | None = None
    delay: float | None = None
    pace: float | None = None

    def fits(self, call: BotCall) -> re.Match[str] | bool:
        """The match, or True for an answer without a pattern; False when it does not fit."""
        if self.bot is not None and self.bot != call.bot:
            return False
        tools = [result.name for result in newest_results(call.request)]
        if self.after_tool is not None and self.after_tool not in tools:
            return False
        if self.after_tools is not None and self.after_tools != bool(tools):
            return False
        if self.pattern is None:
            return True
        asks_for_tools = self.after_tool is not None or self.after_tools is not None
        return self.pattern.search(call.user_text if asks_for_tools else call.last_text) or False

    @property
    def suggests(self) -> bool:
        """True when it holds a suggested reply, which wants a `meta`."""
        return any("reply" in step for step in self.steps)


def read_script(file: TomlFile) -> tuple[ScriptedAnswer, ...]:
    """The answers of a script. Raises ProjectFileError with the line of what is wrong."""
    file.check(file.tables, {"answer": tables_called("answer")})
    if not file.tables:
        raise file.error(("answer",), "there is no [[answer]]", 'Write [[answer]], say = "Hi".')
    return tuple(_answer(file, n, table) for n, table in enumerate(file.tables["answer"]))


def _answer(file: TomlFile, number: int, table: Mapping[str, Any]) -> ScriptedAnswer:
    place = ("answer", number)
    file.check(table, _ANSWER, *place)
    if ("say" in table) == ("events" in table):
        what = f'answer {number + 1} must have either "say" or "events"'
        raise file.error((*place, "say"), what)
    for n, step in enumerate(table.get("events", ())):
        _check_step(file, step, (*place, "events", n))
    pattern = table.get("matches", re.escape(table["when"]) if "when" in table else None)
    return ScriptedAnswer(
        steps=tuple(table.get("events", [{"text": table.get("say")}])),
        pattern=re.compile(pattern, re.IGNORECASE) if pattern is not None else None,
        **{key: table[key] for key in _COPIED if key in table},
    )


def _check_step(file: TomlFile, step: Mapping[str, Any], place: tuple[str | int, ...]) -> None:
    extras = next((extras for key, extras in _EXTRAS.items() if key in step), {})
    file.check(step, {**_STEPS, **extras}, *place)
    if len(step.keys() & _STEPS.keys()) != 1:
        raise file.error((*place, ""), f"an event must have exactly one of: {', '.join(_STEPS)}")
