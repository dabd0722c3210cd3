"""TOML that a person wrote, as values that JSON can carry: most of them end in a request.

TOML has more: nan and inf, dates and times of day. https://toml.io/en/v1.0.0#float
"""

from __future__ import annotations

import datetime as dt
import math
import re
import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_tables(text: str) -> dict[str, Any]:
    """The tables of a file. Raises ValueError with a sentence that ends in the place."""

    def finite(written: str) -> float:
        value = float(written)
        if not math.isfinite(value):
            raise ValueError(f"{written} is not a finite number{_place(text, written)}")
        return value

    tables: dict[str, Any] = tomllib.loads(text, parse_float=finite)
    for value in _values(tables):
        if isinstance(value, (dt.date, dt.time)):
            shown = value.isoformat()
            raise ValueError(  # noqa: TRY004 - of the kind that tomllib raises
                f"{shown} is text only in quotes{_place(text, shown)}"
            )
    return tables


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [inner for item in value for inner in _values(item)]
    return [value]


def _place(text: str, written: str) -> str:
    """Where a value stands that tomllib hands on without its place; the first that reads so."""
    found = re.search(rf"(?<![\w.+-]){re.escape(written)}(?![\w.])", text)
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    return f" (at line {line}, column {column})"
