"""A change as a unified diff, as git and patch read it, without the keys that it takes away."""

from __future__ import annotations

import difflib
import io
import tokenize
from collections.abc import Collection, Iterator

_MASK = "****"


def unified(before: bytes, after: bytes, name: str, secrets: Collection[str] = ()) -> Iterator[str]:
    """The lines of the diff, without their ends."""
    old, new = (_lines(text, secrets) for text in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        yield line.removesuffix("\n").removesuffix("\r")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(text: bytes, secrets: Collection[str]) -> list[str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(text).readline)
    except SyntaxError:
        encoding = "utf-8"
    shown = text.decode(encoding, "replace")
    for secret in secrets:
        shown = shown.replace(secret, _MASK)
    # Not at form feeds and the like, where str.splitlines would.
    return io.StringIO(shown, newline="\n").readlines()
