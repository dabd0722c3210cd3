"""A bot's text, made safe to lay out in a browser, in whatever pieces it arrives."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from poecli.terminal.foreign import Sanitizer

# One letter with 100,000 marks on it froze Chromium's layout for 12.8 s; runs of 64 cost nothing.
MOST_MARKS = 16
_MARKS = re.compile(r"[^\x00-\u02ff]+")
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
        if text.isascii():
            self._marks = 0 if text else self._marks
            return text
        return "".join(self._bounded(text))

    def _bounded(self, text: str) -> list[str]:
        """Only characters past U+02FF can be marks: most text is copied in whole runs."""
        parts, at = [], 0
        for found in _MARKS.finditer(text):
            if found.start() > at or not at:
                self._marks = self._marks if found.start() == 0 else 0
            parts += [text[at : found.start()], self._few_marks(found[0])]
            at = found.end()
        if at < len(text):
            self._marks = 0
        return [*parts, text[at:]]

    def _few_marks(self, run: str) -> str:
        kept = []
        for character in run:
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
