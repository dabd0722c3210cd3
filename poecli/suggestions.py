"""For a word nobody knows: the known word that was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to ``word``, or None when none is near.

    Case and the dashes of a flag are ignored: two dashes in common make no flags alike.
    """
    by_folded = {_compared(name): name for name in known}
    found = difflib.get_close_matches(_compared(word), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def _compared(word: str) -> str:
    return word.casefold().lstrip("-")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to an error: the near word, or the whole choice."""
    known = list(known)
    near = closest(word, known)
    return f"Did you mean {near!r}?" if near else f"Known: {', '.join(sorted(known))}."
