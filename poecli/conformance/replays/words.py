"""What changed between two texts, word by word, in the marks of `git diff --word-diff`."""

from __future__ import annotations

import difflib
import re

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_AROUND = 6  # words and spaces of each side of a change that are shown
# difflib's time grows with the square; beyond this many words whole lines are compared.
_MOST_WORDS = 4_000


def word_diff(before: str, after: str) -> str:
    """One text with ``[-removed-]`` and ``{+added+}``; what is the same far from a change is ``…``.

    Empty when both are the same.
    """
    if before == after:
        return ""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    parts: list[str] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            last = b == len(old) and d == len(new)
            parts.append(_context(old[a:b], first=not parts, last=last))
            continue
        if a < b:
            parts.append(f"[-{''.join(old[a:b])}-]")
        if c < d:
            parts.append(f"{{+{''.join(new[c:d])}+}}")
    return "".join(parts)


def _context(same: list[str], *, first: bool, last: bool) -> str:
    """What stands between two changes, cut in the middle where it is long."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    if len(same) <= head + tail + 1:
        return "".join(same)
    return "".join(same[:head]) + "…" + "".join(same[len(same) - tail :])
