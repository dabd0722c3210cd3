"""Writes a conversation that was held as a test: what the bot said is what it is to say."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.addresses import is_loopback_url
from poecli.config.toml_lines import quoted
from poecli.errors import UsageError
from poecli.system_errors import unusable
from poecli.turns.kept import KeptTurn

SUFFIX = ".chat.toml"
TESTS = "tests"  # the folder of a project in which they are looked for


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


def kept_as_test(turn: KeptTurn) -> str:
    """The text of a ``.chat.toml`` that holds a kept turn's whole conversation again.

    Files of this machine are named as if they lay beside it.
    """
    recorded: list[RecordedTurn] = []
    for message in turn.request.get("query") or ():
        content = str(message.get("content") or "")
        files = [file for file in message.get("attachments") or () if isinstance(file, Mapping)]
        if message.get("role") == "user":
            sources = [_source(file) for file in files]
            parameters = message.get("parameters") or {}
            recorded.append(RecordedTurn(content, attachments=sources, parameters=parameters))
        elif message.get("role") == "bot" and recorded:
            names = [str(file.get("name")) for file in files]
            recorded[-1] = replace(recorded[-1], text=content, files=names)
    if recorded:
        reply = turn.answer.reply
        recorded[-1] = replace(
            recorded[-1],
            text=reply.text,
            files=[file.name for file in reply.files],
            suggested_replies=reply.suggested_replies,
            error=None if reply.error is None else reply.error.text or "",
        )
    return chat_toml(recorded)


def write_test(file: Path, text: str) -> None:
    """Put a test into a file that is not there yet. Raises UsageError."""
    if not file.name.endswith(SUFFIX):
        raise UsageError(
            f"{file} can't be the name of a conversation's file.", hint=f"Name it NAME{SUFFIX}."
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        if file.exists():
            raise UsageError(f"{file} already exists.", hint="Choose another name.") from error
        raise unusable(file, "written", error) from error  # nor its folder made
    except OSError as error:
        with contextlib.suppress(OSError):  # half of it is no test
            file.unlink()
        raise unusable(file, "written", error) from error


def _source(file: Mapping[str, Any]) -> str:
    url = str(file.get("url") or "")
    return str(file.get("name") or "file") if is_loopback_url(url) else url


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
        items = [f"{quoted(str(k))} = {_value(v)}" for k, v in value.items() if v is not None]
        return f"{{ {', '.join(items)} }}" if items else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value if item is not None)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value).lower()
    return str(value) if isinstance(value, int) else quoted(str(value))


def _string(text: str) -> str:
    """A text as TOML; one of several lines stays readable."""
    if "\n" not in text:
        return quoted(text)
    return '"""\n' + "\n".join(quoted(line)[1:-1] for line in text.split("\n")) + '"""'
