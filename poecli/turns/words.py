"""What changed between two texts, word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_AROUND = 6  # words and spaces of each side of a change that are shown
# difflib's time grows with the square; beyond this many words whole lines are compared.
_MOST_WORDS = 4_000


def word_changes(before: str, after: str) -> Iterator[tuple[list[str], list[str]]]:
    """The words of both texts in pairs: what is the same, or what one has where the other has
    something else.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        yield old[a:b], new[c:d]


def word_diff(before: str, after: str) -> str:
    """One text in the marks of `git diff --word-diff`, with ``[-removed-]`` and ``{+added+}``;
    what is the same far from a change is ``…``. Empty when both are the same.
    """
    if before == after:
        return ""
    parts: list[str] = []
    changes = list(word_changes(before, after))
    for at, (old, new) in enumerate(changes):
        if old == new:
            parts.append(_context(old, first=not at, last=at == len(changes) - 1))
            continue
        if old:
            parts.append(f"[-{''.join(old)}-]")
        if new:
            parts.append(f"{{+{''.join(new)}+}}")
    return "".join(parts)


def _context(same: list[str], *, first: bool, last: bool) -> str:
    """What stands between two changes, cut in the middle where it is long."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    if len(same) <= head + tail + 1:
        return "".join(same)
    return "".join(same[:head]) + "…" + "".join(same[len(same) - tail :])
