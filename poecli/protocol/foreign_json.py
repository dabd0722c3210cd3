r"""JSON from others: what comes out can be written anywhere, as text, JSON or into a database.

Python's own reader lets three things pass that fail later, far from where they came in: half a
surrogate pair (``"\ud83d"``, a character no encoding has), NaN and Infinity, and numbers too large
for a float. As a browser's JSON and text functions do, the first becomes U+FFFD, the others null.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


_raw_decode = json.JSONDecoder(parse_float=_finite, parse_constant=lambda _: None).raw_decode
_decode = json.JSONDecoder(parse_float=_finite, parse_constant=lambda _: None).decode


def loads(data: str | bytes | bytearray) -> Any:
    """The value of a JSON text. Raises ValueError, for one nested too deeply too."""
    if not isinstance(data, str):
        # As json.loads: UTF-16 and UTF-32 are known by their zeros, a byte order mark is skipped.
        data = bytes(data).decode(json.detect_encoding(data), "replace").removeprefix("\ufeff")
    try:
        # In a third of the time for the common case: no space around the value.
        try:
            value, end = _raw_decode(data)
        except ValueError:
            return _whole(data, _decode(data))
        return _whole(data, value if end == len(data) else _decode(data))
    except RecursionError as error:  # a mistake of the text's, as the others
        raise ValueError("it is nested too deeply") from error


def whole_text(text: str) -> str:
    """A text without halves of surrogate pairs, each of which becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _whole(data: str, value: Any) -> Any:
    if _ESCAPED_SURROGATE.search(data) or _SURROGATE.search(data):
        return _cleaned(value)
    return value


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {whole_text(key): _cleaned(item) for key, item in value.items()}
    return value
