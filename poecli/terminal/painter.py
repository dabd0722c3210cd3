"""Keeps the last rows of the normal screen equal to a list of rows that grows and changes.

Rows are painted in place; a row is let go only when the screen is full, and then it scrolls into
the terminal's own scrollback, so that nothing is ever printed twice. Only rows that are final may
be let go. Nothing is asked of the terminal: all moves are relative to the last row painted.
"""

from __future__ import annotations

_UP = "\x1b[{}A"
_ERASE_TO_END_OF_ROW = "\x1b[K"
_ERASE_BELOW = "\x1b[J"
# Synchronized output: https://terminfo.dev/modes/decset-2026-synchronized-output. Without
# autowrap (mode 7) a glyph that is wider than we think is cropped instead of making a new row.
_FRAME_START = "\x1b[?2026h\x1b[?7l"
_FRAME_END = "\x1b[?7h\x1b[?2026l"


class Painter:
    """The rows of one answer. Every method returns what to write to the terminal.

    ``scrolled`` is True once a row has left our hands: it can't be erased any more.
    """

    def __init__(self) -> None:
        self.scrolled = False
        self._painted: list[str] = []
        self._final: list[str] = []

    @property
    def rows_painted(self) -> int:
        """How many rows on the screen may still be touched."""
        return len(self._painted)

    def paint(self, final: list[str], tail: list[str], *, height: int) -> str:
        """Add ``final`` rows for good, and show ``tail`` rows below them for now.

        At most ``height - 1`` rows are held; of a tail longer than that its last rows are shown.
        """
        self._final += final
        limit = max(1, height - 1)
        excess = max(0, len(self._final) + len(tail) - limit)
        let_go = min(excess, len(self._final))
        rows = self._final + tail[excess - let_go :]
        frame = self._difference(rows)
        self._painted = rows[let_go:]
        self._final = self._final[let_go:]
        self.scrolled |= let_go > 0
        return f"{_FRAME_START}{frame}{_FRAME_END}" if frame else ""

    def _difference(self, rows: list[str]) -> str:
        old = self._painted
        same = 0
        while same < min(len(old), len(rows)) and old[same] == rows[same]:
            same += 1
        if same == len(old) == len(rows):
            return ""
        parts = []
        if same < len(old):
            up = len(old) - 1 - same
            parts.append("\r" + (_UP.format(up) if up else ""))
        elif old:
            parts.append("\r\n")
        if len(old) > len(rows):
            parts.append(_ERASE_BELOW)
        parts.append("\r\n".join(row + _ERASE_TO_END_OF_ROW for row in rows[same:]))
        if same == len(rows) and rows:
            parts.append(_UP.format(1))  # nothing new: stand on the last row that is left
        return "".join(parts)

    def keep(self) -> str:
        """Leave what is painted as it is, go to the row below, and begin anew there."""
        down = "\r\n" if self._painted else ""
        self.scrolled |= bool(self._painted)
        self._painted, self._final = [], []
        return down

    def erase(self) -> None:
        """Have the next paint take the place of everything painted."""
        self._final = []

    def shrink(self, height: int) -> bool:
        """Give up the rows that a lower screen has pushed out; False if some were not final."""
        lost = max(0, len(self._painted) - max(1, height - 1))
        if lost > len(self._final):
            return False
        self.scrolled |= lost > 0
        self._painted, self._final = self._painted[lost:], self._final[lost:]
        return True
