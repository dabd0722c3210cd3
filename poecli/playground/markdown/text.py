"""A bot's text, made safe to lay out in a browser, in whatever pieces it arrives."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from poecli.terminal.foreign import Sanitizer

# One letter with 100,000 marks on it froze Chromium's layout for 12.8 s; runs of 64 cost nothing.
MOST_MARKS = 16
_FIRST_MARK = "\u0300"
_MAY_BE_MARKS = re.compile(r"[^\x00-\u02ff]+")
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_WITHOUT_BIDI = dict.fromkeys(map(ord, _BIDI))
_VISIBLE_BIDI = {ord(mark): f"⟨U+{ord(mark):04X}⟩" for mark in _BIDI}


class Cleaner:
    """Strips control codes, and all but the first marks of a run of combining ones."""

    def __init__(self) -> None:
        self._sanitizer = Sanitizer()
        self._marks = 0

    def feed(self, text: str) -> str:
        """What of the text so far may be shown now."""
        text = self._sanitizer.feed(text)
        shown = _MAY_BE_MARKS.sub(self._few_marks, text)
        if text and text[-1] < _FIRST_MARK:
            self._marks = 0
        return shown

    def _few_marks(self, run: re.Match[str]) -> str:
        if run.start():
            self._marks = 0
        kept = []
        for character in run[0]:
            is_mark = unicodedata.combining(character) or unicodedata.category(character) == "Me"
            self._marks = self._marks + 1 if is_mark else 0
            if self._marks <= MOST_MARKS:
                kept.append(character)
        return "".join(kept)


def prose(text: str) -> str:
    """Text as HTML; what turns the direction of its surroundings is dropped."""
    return escape(text if text.isascii() else text.translate(_WITHOUT_BIDI))


def code(text: str) -> str:
    """Source text as HTML; what turns its direction is shown (CVE-2021-42574, "Trojan Source")."""
    return escape(text if text.isascii() else text.translate(_VISIBLE_BIDI))
