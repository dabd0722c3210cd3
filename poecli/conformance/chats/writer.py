"""Writes a conversation that was held as a test: what the bot said is what it is to say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RecordedTurn:
    """A question and the answer it got. ``attachments`` are paths from the new file, or URLs.

    ``error`` is None, or what the bot's ``error`` event said.
    """

    user: str
    text: str = ""
    attachments: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[str] = ()
    suggested_replies: Sequence[str] = ()
    error: str | None = None


def chat_toml(turns: Iterable[RecordedTurn], *, bot: str | None = None) -> str:
    """The text of a ``.chat.toml``. It expects each answer word for word: loosen what varies."""
    parts = ["# text.contains and text.matches are for answers that vary.\n"]
    if bot is not None:
        parts.append(f"bot = {_string(bot)}\n")
    parts += ["\n".join(_turn(turn)) + "\n" for turn in turns]
    return "\n".join(parts)


def _turn(turn: RecordedTurn) -> Iterator[str]:
    yield "[[turn]]"
    yield f"user = {_string(turn.user)}"
    if turn.attachments:
        yield f"attachments = {_value(list(turn.attachments))}"
    if turn.parameters:
        yield f"parameters = {_value(turn.parameters)}"
    yield ""
    yield "[turn.expect]"
    if turn.text or not (turn.files or turn.error is not None):
        yield f"text.equals = {_string(turn.text)}"
    if turn.files:
        yield f"files.names = {_value(list(turn.files))}"
    if turn.suggested_replies:
        yield f"suggested_replies = {_value(list(turn.suggested_replies))}"
    if turn.error is not None:
        yield f"error.text = {_string(turn.error)}"


def _value(value: Any) -> str:
    """A value as TOML. None, which TOML has not, is left out of tables and lists."""
    if isinstance(value, Mapping):
        items = [f"{_quoted(str(k))} = {_value(v)}" for k, v in value.items() if v is not None]
        return f"{{ {', '.join(items)} }}" if items else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value if item is not None)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value).lower()
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _string(text: str) -> str:
    """A text as TOML; one of several lines stays readable."""
    if "\n" not in text:
        return _quoted(text)
    return '"""\n' + "\n".join(_quoted(line)[1:-1] for line in text.split("\n")) + '"""'


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's too; DEL is the one control code that JSON leaves as it is, and
    # half a surrogate pair can't be written at all.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
