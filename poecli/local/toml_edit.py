"""One value of a TOML text set, all else kept to the byte: comments, order, line ends.

The result is read again before it is used, so that a file is changed as meant or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from poecli.config.toml_lines import Layout, layout_of, quoted
from poecli.config.toml_tables import TomlFile, read_tables
from poecli.errors import ProjectFileError
from poecli.safe_files import write_whole
from poecli.system_errors import unusable

Value = str | int | Sequence[str]
Place = tuple[str, ...]
_BARE = re.compile(r"[a-z_]+")  # the handle of a bot is quoted, as in our own examples


def set_values(file: Path, values: Mapping[Place, Value]) -> None:
    """Set them in a file, which is made where there is none. Raises UsageError."""
    target = file.resolve()  # a link stays one
    try:
        text = target.read_bytes().decode() if target.exists() else ""
        for place, value in values.items():
            text = with_value(text, place, value)
        TomlFile(file, text.removeprefix("\ufeff"))
        write_whole(target, text.encode(), private=False)
    except ProjectFileError:
        raise
    except (OSError, ValueError) as error:
        lines = "; ".join(f"{_key(place)} = {_toml(value)}" for place, value in values.items())
        raise unusable(file, "changed", error, hint=f"Write it there: {lines}") from error


def with_value(text: str, place: Place, value: Value) -> str:
    """The text with the value at a path of tables. Raises ValueError where that can't be done."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    old = text.removeprefix(mark)
    wanted = _put(read_tables(old), place, list(value) if isinstance(value, tuple) else value)
    new = _spliced(old, place, _toml(value))
    if read_tables(new) != wanted:
        raise ValueError(f"the place of {_key(place)} is written in a way that poe can't change")
    return mark + new


def _spliced(text: str, place: Place, written: str) -> str:
    layout = layout_of(text)
    if place in layout.values:
        start, end = layout.values[place]
        return text[:start] + written + text[end:]
    for length in range(len(place) - 1, 0, -1):
        table = place[:length]
        if table in layout.braces:
            return _in_braces(text, layout, table, f"{_key(place[length:])} = {written}")
        owner = layout.dotted.get(table)
        if owner is None and table in layout.ends and length == len(place) - 1:
            owner = table
        if owner is not None:
            key = _key(place[len(owner) :])
            return _line_after(text, layout.ends[owner], f"{key} = {written}")
    line = f"[{_key(place[:-1])}]{_line_end(text)}{_key(place[-1:])} = {written}"
    body = text.rstrip()
    gap = _line_end(text) * 2 if body else ""
    return f"{body}{gap}{line}{_line_end(text)}"


def _in_braces(text: str, layout: Layout, table: Place, pair: str) -> str:
    end, close = layout.ends[table], layout.braces[table]
    is_empty = text[end - 1] == "{" and not text[end:close].strip()
    if is_empty:
        return f"{text[:end]} {pair} {text[close:]}"
    return f"{text[:end]}, {pair}{text[end:]}"


def _line_after(text: str, end: int, line: str) -> str:
    """A line below the one in which something ends, as far to the right as that one."""
    start = text.rfind("\n", 0, end) + 1
    written = text[start:end].lstrip(" \t")
    indent = "" if written.startswith("[") else text[start : end - len(written)]
    at = text.find("\n", end)
    if at < 0:
        return f"{text.rstrip()}{_line_end(text)}{indent}{line}{_line_end(text)}"
    return f"{text[: at + 1]}{indent}{line}{_line_end(text)}{text[at + 1 :]}"


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _put(tables: Mapping[str, object], place: Place, value: object) -> dict[str, object]:
    first, rest = place[0], place[1:]
    if not rest:
        return {**tables, first: value}
    inner = tables.get(first, {})
    if not isinstance(inner, dict):
        raise ValueError(f"{first} is not a table")  # noqa: TRY004 - a fault of the file
    return {**tables, first: _put(inner, rest, value)}


def _key(place: Place) -> str:
    return ".".join(part if _BARE.fullmatch(part) else quoted(part) for part in place)


def _toml(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    return f"[{', '.join(map(quoted, value))}]"
