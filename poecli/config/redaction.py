"""Keys are never shown and never written down, however an answer cuts them over its events.

One list of names says which variables hold a secret, one of shapes what a secret looks like; both
serve the log, journals, tapes, tracebacks and reports. In a tape a key is looked for in what the
pieces of one text amount to, and each of its characters becomes an asterisk: lengths and
boundaries stay as they were.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from poecli.protocol.foreign_json import loads
from poecli.protocol.sse import Frame

# Parts of the names of variables and URL parameters whose values are secrets.
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH", re.IGNORECASE)
# /bot/fetch_settings/{bot}/{access_key}/… is the path of Poe's that carries a bot's key.
_SECRET_SHAPES = re.compile(
    r"(?i)(bearer\s+)[^\s\"']+|(://)[^/\s@]+(?=@)"
    r"|(/(?:fetch|update)_settings/[^/\s]+/)[^/?#\s\"']+|(--access-key[= ])\S+"
)
# Shorter ones, such as "<missing>" without a key set, would be found in ordinary words.
_SHORTEST_KEY = 8
NO_KEY = "<missing>"
_ESCAPED = re.compile(r"\\u00[2-7]")  # a character of ASCII that JSON need not escape

Path = tuple[str | int, ...]


def _is_secret_name(name: str) -> bool:
    """Whether a variable or a parameter of that name holds a secret."""
    return bool(_SECRET_NAME.search(name))


def secret_values(env: Mapping[str, str]) -> list[str]:
    """The secrets of an environment that can be told from words, the longest first."""
    return usable_keys(value for name, value in env.items() if _is_secret_name(name))


def without_secrets(text: str, env: Mapping[str, str]) -> str:
    """A text with the secrets of an environment by their names, and without what looks like one."""
    for name, value in sorted(env.items(), key=lambda pair: -len(pair[1])):
        if _is_secret_name(name) and len(value) >= _SHORTEST_KEY:
            text = text.replace(value, f"<{name}>")
    return without_shapes(text)


def without_shapes(text: str) -> str:
    """A text without bearer tokens, users in URLs and keys in Poe's paths."""
    return _SECRET_SHAPES.sub(lambda m: f"{m[1] or m[2] or m[3] or m[4]}****", text)


def url_to_keep(url: str, *, values: bool = True) -> str:
    """A URL that can be kept and shown: no user, and no value of a parameter that is a secret.

    Without ``values`` of no parameter at all: of a signed URL each may be what opens it.
    """
    try:
        parts = urlsplit(url)
        query = [
            (name, "****" if _is_secret_name(name) or not values else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
    except ValueError:  # not a URL that anybody could ask
        return without_shapes(url)
    return urlunsplit(
        parts._replace(
            netloc=parts.netloc.rpartition("@")[2], query=urlencode(query, safe="*"), fragment=""
        )
    )


def head_to_keep(first: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The head of a request that can be kept and shown, with the blank line at its end."""
    target = first.split(" ")[1]
    if "?" in target:
        first = first.replace(target, url_to_keep(target))
    lines = [first.encode()]
    for name, value in headers:
        shown = value
        if _is_secret_header(name):
            shown = b"Bearer ****" if value.startswith(b"Bearer ") else b"****"
        lines.append(b"%b: %b" % (name, shown))
    return b"\r\n".join([*lines, b"", b""]).decode("latin-1")


@lru_cache(maxsize=256)
def _is_secret_header(name: bytes) -> bool:
    return name.lower() == b"cookie" or _is_secret_name(name.decode("latin-1"))


def usable_keys(keys: Iterable[str]) -> list[str]:
    """The keys that can be told from words, the longest first."""
    found = {key for key in keys if len(key) >= _SHORTEST_KEY and key != NO_KEY}
    return sorted(found, key=lambda key: (-len(key), key))


def masked_pieces(pieces: Sequence[str], keys: Sequence[str]) -> list[str]:
    """The pieces of one text, with every character of a key masked."""
    text = "".join(pieces)
    hidden = bytearray(len(text))
    for key in keys:
        start = text.find(key)
        while start >= 0:
            hidden[start : start + len(key)] = b"\1" * len(key)
            start = text.find(key, start + 1)
    if not any(hidden):
        return list(pieces)
    shown = "".join("*" if hide else c for c, hide in zip(text, hidden, strict=True))
    ends = list(itertools.accumulate(map(len, pieces)))
    return [shown[end - len(piece) : end] for piece, end in zip(pieces, ends, strict=True)]


def masked_text(text: str, keys: Sequence[str]) -> str:
    """A text with the keys masked."""
    for key in keys:
        if key in text:
            text = text.replace(key, "*" * len(key))
    return text


def masked_value(value: Any, keys: Sequence[str]) -> Any:
    """A JSON value with the keys masked in each of its texts."""
    if isinstance(value, str):
        return masked_text(value, keys)
    if isinstance(value, list):
        return [masked_value(part, keys) for part in value]
    if isinstance(value, dict):
        return {masked_value(k, keys): masked_value(part, keys) for k, part in value.items()}
    return value


def may_spell(stream: str, keys: Iterable[str]) -> bool:
    """Whether the events of a stream could amount to one of the keys, cut in whatever way.

    Told without reading any event: nearly always some character of a key is nowhere in it.
    """
    if _ESCAPED.search(stream):
        return True
    return any(
        not (key.isascii() and key.isprintable()) or all(c in stream for c in set(key))
        for key in keys
    )


def masked_frames(frames: Sequence[Frame], keys: Sequence[str]) -> list[Frame]:
    """The frames of one answer; those without a key are the same frames."""
    if not keys:
        return list(frames)
    values = [_decoded(frame.data) for frame in frames]
    channels: dict[tuple[object, ...], list[tuple[int, Path, str]]] = {}
    for number, (frame, value) in enumerate(zip(frames, values, strict=True)):
        index = value.get("index") if isinstance(value, dict) else None
        for path, text in _texts(value, ()):
            channels.setdefault((frame.event, index, path), []).append((number, path, text))
    changed: set[int] = set()
    for parts in channels.values():
        masked = masked_pieces([text for _, _, text in parts], keys)
        for (number, path, before), after in zip(parts, masked, strict=True):
            if after != before:
                changed.add(number)
                values[number] = _replaced(values[number], path, after)
    return [
        Frame(frame.event, _encoded(masked_value(values[n], keys)), frame.id)
        if n in changed or any(key in frame.data for key in keys)
        else frame
        for n, frame in enumerate(frames)
    ]


def _decoded(data: str) -> Any:
    """The JSON value, or the text itself where it is none."""
    try:
        value = loads(data)
    except ValueError:
        return _Raw(data)
    return _Raw(data) if isinstance(value, str) else value


def _encoded(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _Raw(str):
    """Data that is no JSON object: one text."""

    __slots__ = ()


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, (*path, number))


def _replaced(value: Any, path: Path, text: str) -> Any:
    if not path:
        return text
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], text)
    return copy
