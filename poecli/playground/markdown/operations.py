"""What a page changes to show more of an answer.

An operation is a short list that JSON carries:

    ["f", n, html]   a final block; it takes the place of the open ones
    ["o", n, html]   the open blocks as they look now
    ["g", html]      an open block that grows by children: items, or groups of lines or rows
    ["F", n, html]   a final child of the growing block, in place of its open ones
    ["O", n, html]   its open children
    ["a", html]      more, at the end of the growing block's last child
    ["t", text]      raw text behind all that; every other operation but "p" removes what there is
    ["x"]            the growing block is final as it stands, but for its open child
    ["p", n, html]   block n anew
    ["P", n, html]   child n of the growing block anew
    ["h", html]      a part of the HTML of the next of these, which has "" in its place

In front of the HTML of "f", "o", "F" and "O" come the first n characters, as a browser counts
them, of that which an "o" or "O" right before it showed.
"""

from __future__ import annotations

from typing import Any

Operation = list[Any]

MOST = 16_000  # characters that one operation carries: a page applies it in one frame


class Operations:
    """Those that were added since they were `taken`."""

    def __init__(self) -> None:
        self._added: list[Operation] = []
        self._open = ""  # HTML of what was shown last, if that is open

    def taken(self) -> list[Operation]:
        """All there are; they are gone from here."""
        taken, self._added = self._added, []
        return taken

    def add(self, kind: str, *values: Any) -> None:
        """One, with all its HTML or text."""
        *numbers, shown = values or ("",)
        rest = shown
        if kind in "fFpP" and len(shown) > MOST and not shown.startswith("<tbody"):
            self._added += [["h", part] for part in parts(shown)]
            rest = ""
        if kind in "foFO":
            start, rest = _beyond(self._open, rest)
            numbers = [start]
        if kind not in "tpP":
            self._open = shown if kind in "oO" else ""
        self._added.append([kind, *numbers, rest] if values else [kind])

    def add_to_child(self, more: str) -> None:
        """More of the growing block's last child."""
        last = self._added[-1] if self._added else [""]
        if last[0] == "a" and len(last[1]) + len(more) <= MOST:
            last[1] += more
        else:
            self.add("a", more)


def parts(text: str) -> list[str]:
    """A text in pieces that one operation can carry."""
    return [text[at : at + MOST] for at in range(0, len(text), MOST)]


def _beyond(shown: str, html: str) -> tuple[int, str]:
    """How many UTF-16 units two texts begin with, and what of the second comes after them."""
    low, high = 0, min(len(shown), len(html))
    while low < high:
        middle = (low + high + 1) // 2
        if shown[low:middle] == html[low:middle]:
            low = middle
        else:
            high = middle - 1
    return len(html[:low].encode("utf-16-le")) // 2, html[low:]
