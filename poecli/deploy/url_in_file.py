"""One value more in the poe.toml that a person wrote: everything else stays, comments too."""

from __future__ import annotations

import re

from poecli.config.toml_tables import read_tables


def with_value(text: str, table: tuple[str, ...], key: str, value: str) -> str | None:
    """The text with ``key = "value"`` at the end of a table that has no such key.

    None where the table has no header of its own, or the text would not read as meant.
    """
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if _path_of(line) == table), None)
    if start is None:
        return None
    end = next((n for n in range(start + 1, len(lines)) if _path_of(lines[n])), len(lines))
    # Blank lines and comments before the next header belong to it.
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip()[0] == "#"):
        end -= 1
    newline = "\r\n" if lines[start].endswith("\r\n") else "\n"
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    lines.insert(end, f'{key} = "{escaped}"{newline}')
    changed = "".join(lines)
    return changed if _differs_by(text, changed, (*table, key), value) else None


def _path_of(line: str) -> tuple[str, ...] | None:
    """The table that a header opens."""
    if not re.match(r"\s*\[(?!\[)", line):
        return None
    try:
        tables = read_tables(line)
    except ValueError:  # a line of a list
        return None
    path: tuple[str, ...] = ()
    while tables:
        (name,) = tables
        path, tables = (*path, name), tables[name]
    return path


def _differs_by(before: str, after: str, path: tuple[str, ...], value: str) -> bool:
    try:
        old, new = read_tables(before), read_tables(after)
    except ValueError:
        return False
    table = old
    for name in path[:-1]:
        table = table.setdefault(name, {})
    if path[-1] in table:
        return False
    table[path[-1]] = value
    return old == new
