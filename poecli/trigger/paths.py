r"""Places in a JSON value, as ``--set query.-1.content=Hi`` names them.

Names and numbers, with dots between them; a dot within a name is ``\.``. A list counts from 0, or
from -1 backwards, and its length is the place of one item more.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from poecli.errors import UsageError
from poecli.suggestions import did_you_mean

_DOT = re.compile(r"(?<!\\)\.")
_NUMBER = re.compile(r"-?[0-9]{1,9}")


class NoSuchPlace(UsageError):
    """A path that leads to no place there is, or could be."""

    id = "no-such-place"


class JsonPath:
    """One path; ``flag`` is the one it was given with, for the errors."""

    def __init__(self, flag: str, text: str) -> None:
        self._shown = f"{flag} {text}"
        self.parts = [part.replace(r"\.", ".") for part in _DOT.split(text)]
        if not all(self.parts):
            raise UsageError(f"{self._shown}: a name of the path is empty.", hint=f"{flag} a.0.b")

    def put(self, value: Any, new: Any) -> Any:
        """The value with ``new`` at this place; objects on the way are made where none are.

        Raises NoSuchPlace.
        """
        return self._put(value, self.parts, new)

    def cut(self, value: Any) -> Any:
        """The value without what is at this place. Raises NoSuchPlace when nothing is."""
        return self._cut(value, self.parts)

    def _put(self, value: Any, parts: Sequence[str], new: Any) -> Any:
        if not parts:
            return new
        first, rest = parts[0], parts[1:]
        if isinstance(value, list):
            at = self._index(value, parts, longest=len(value) + 1)
            items = [*value, None] if at == len(value) else [*value]
            items[at] = self._put(items[at], rest, new)
            return items
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._dead_end(value, parts)
        return {**value, first: self._put(value.get(first), rest, new)}

    def _cut(self, value: Any, parts: Sequence[str]) -> Any:
        first, rest = parts[0], parts[1:]
        if isinstance(value, list):
            at = self._index(value, parts, longest=len(value))
            kept = [self._cut(value[at], rest)] if rest else []
            return [*value[:at], *kept, *value[at:][1:]]
        if not isinstance(value, dict):
            raise self._dead_end(value, parts)
        if first not in value:
            raise NoSuchPlace(
                f"{self._shown}: there is no {first!r} in {self._place(parts)}.",
                hint=did_you_mean(first, value) if value else "",
            )
        return {
            name: self._cut(item, rest) if name == first else item
            for name, item in value.items()
            if rest or name != first
        }

    def _index(self, items: list[Any], parts: Sequence[str], *, longest: int) -> int:
        place, size = self._place(parts), len(items)
        if not _NUMBER.fullmatch(parts[0]):
            raise NoSuchPlace(
                f"{self._shown}: {place} is a list, and {parts[0]!r} is not a number.",
                hint=f"Its {size} items are 0 to {size - 1}; -1 is the last." if size else "",
            )
        at = int(parts[0])
        at += size if at < 0 else 0
        if not 0 <= at < longest:
            raise NoSuchPlace(
                f"{self._shown}: {place} has no item {parts[0]}.",
                why=f"It has {size}, counted from 0.",
            )
        return at

    def _dead_end(self, value: Any, parts: Sequence[str]) -> NoSuchPlace:
        return NoSuchPlace(
            f"{self._shown}: {self._place(parts)} is {_kind(value)}, with nothing in it.",
            hint="To replace it, end the path there.",
        )

    def _place(self, parts: Sequence[str]) -> str:
        """What the parts that are left are looked for in."""
        return ".".join(self.parts[: len(self.parts) - len(parts)]) or "the body"


def _kind(value: Any) -> str:
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def assigned(body: Any, assignment: str) -> Any:
    """The body after ``PATH=VALUE``; the value is JSON where it parses, else a text.

    Raises UsageError.
    """
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UsageError(
            f"--set {assignment!r} is not PATH=VALUE.", hint="--set query.-1.content=Hi"
        )
    return JsonPath("--set", path).put(body, json_or_text(text))


def json_or_text(text: str) -> Any:
    """A value as it was typed. What JSON itself has no word for (NaN, 1e999) is a text."""
    try:
        return json.loads(text, parse_constant=_no_json, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _no_json(word: str) -> Any:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
