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

    [[answer]]                      # without a condition: whatever is left
    say = "I only know hello and orders."

The first answer that fits is given; the file is read again when it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.config.toml_tables import read_tables
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.suggestions import did_you_mean

_ANSWER_KEYS = {"when": str, "matches": str, "bot": str, "times": int, "say": str, "events": list}
_STEP_KEYS: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "wait": (int, float),
    "text": str,
    "replace": str,
    "reply": str,
    "file": str,
    "data": str,
    "json": dict,
    "tool": str,
    "error": str,
    "cut": bool,
}
# What may stand beside a key.
_EXTRAS: dict[str, dict[str, type[Any]]] = {
    "error": {"retry": bool, "type": str},
    "tool": {"arguments": dict},
}


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer: its condition, how often it is given, and its steps in order."""

    steps: tuple[Mapping[str, Any], ...]
    pattern: re.Pattern[str] | None = None
    bot: str | None = None
    times: int | None = None

    def fits(self, bot: str, text: str) -> re.Match[str] | bool:
        """The match, or True for an answer without a pattern; False when it does not fit."""
        if self.bot is not None and self.bot != bot:
            return False
        if self.pattern is None:
            return True
        return self.pattern.search(text) or False

    @property
    def suggests(self) -> bool:
        """True when it holds a suggested reply, which wants a `meta`."""
        return any("reply" in step for step in self.steps)


def read_script_file(file: Path) -> tuple[ScriptedAnswer, ...]:
    """As read_script, of a file. Raises UsageError also when it can't be read."""
    try:
        return read_script(file.read_text("utf-8-sig"), file)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"The script {file} can't be read.", why=why) from error


def read_script(text: str, file: Path) -> tuple[ScriptedAnswer, ...]:
    """The answers of a script. Raises UsageError that names the answer and what is wrong."""
    try:
        tables = read_tables(text)
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML.", why=str(error)) from error
    answers = tables.get("answer")
    if not isinstance(answers, list) or set(tables) != {"answer"}:
        raise UsageError(f"{file} must contain only [[answer]] tables.")
    return tuple(_answer(table, f"{file}: answer {n}") for n, table in enumerate(answers, 1))


def _answer(table: Mapping[str, Any], place: str) -> ScriptedAnswer:
    _check(table, _ANSWER_KEYS, place)
    if ("say" in table) == ("events" in table):
        raise UsageError(f'{place} must have either "say" or "events".')
    steps = table.get("events", [{"text": table.get("say")}])
    for number, step in enumerate(steps, 1):
        _check_step(step, f"{place}, event {number}")
    pattern = table.get("matches", re.escape(table["when"]) if "when" in table else None)
    try:
        compiled = re.compile(pattern, re.IGNORECASE) if pattern is not None else None
    except re.error as error:
        raise UsageError(f"{place}: {pattern!r} is not a regular expression: {error}.") from error
    return ScriptedAnswer(tuple(steps), compiled, table.get("bot"), table.get("times"))


def _check_step(step: Any, place: str) -> None:
    if not isinstance(step, Mapping):
        raise UsageError(f'{place} must be a table, such as {{ text = "…" }}.')
    extras = next((extras for key, extras in _EXTRAS.items() if key in step), {})
    _check(step, {**_STEP_KEYS, **extras}, place)
    if len(step.keys() & _STEP_KEYS.keys()) != 1:
        raise UsageError(f"{place} must have exactly one of: {', '.join(_STEP_KEYS)}.")
    if step.get("type") is not None and step["type"] not in ev.ERROR_TYPES:
        raise UsageError(f"{place}: type must be one of {', '.join(ev.ERROR_TYPES)}.")


def _check(table: Mapping[str, Any], known: Mapping[str, Any], place: str) -> None:
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{place}: unknown key {key!r}.", hint=did_you_mean(key, known))
        if not isinstance(value, known[key]):
            raise UsageError(f"{place}: {key!r} has the wrong type.")
