"""What to type next: the known word that was meant, a path as a shell takes it."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterable
from pathlib import Path


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


def shown_path(path: str | Path) -> str:
    """A path as its owner would type it: relative to the working folder where it is below it."""
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):  # elsewhere; or the folder is gone
        return str(path)


def shell_word(path: str) -> str:
    """A path as an argument of a command that is shown."""
    # A leading dash would be read as a flag, and a quote is not needed for a plain name.
    path = f".{os.sep}{path}" if path.startswith("-") else path
    return f'"{path}"' if os.name == "nt" and " " in path else shlex.quote(path)
