"""Text from others, made safe for a terminal.

A bot's answer or an HTTP body can carry escape sequences that move the cursor, recolour the
screen or fill the clipboard (OSC 52). Rich lets them pass (rich.control, STRIP_CONTROL_CODES),
so everything foreign goes through here before a terminal sees it. Sequences are those of ECMA-48:
https://ecma-international.org/publications-and-standards/standards/ecma-48/
"""

from __future__ import annotations

import re

# A sequence that never ends is given up after this many characters, and its rest shown as text.
_LONGEST_SEQUENCE = 4096

_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*"
# OSC, DCS, SOS, PM and APC run to BEL or ST; none holds a line end, so that ends them too.
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*"
_SHORT = r"\x1b[ -/]*"
_COMPLETE = re.compile(
    rf"{_CSI}[@-~]|{_STRING}(?:\x07|\x1b\\|\x9c|(?=\n)|(?=\x1b[^\\]))|{_SHORT}[0-OQ-WYZ\\`-~]"
)
_UNFINISHED = re.compile(rf"(?:{_CSI}|{_STRING}\x1b?|{_SHORT})\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Sanitizer:
    """Strips control codes from text that arrives in pieces, cut anywhere.

    Line feed and tab stay; CRLF becomes LF.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What of the text so far may be shown now."""
        text = _COMPLETE.sub("", self._held + text)
        self._held = ""
        # Anything that could still grow into a sequence is held back until more arrives.
        unfinished = _UNFINISHED.search(text)
        if unfinished and len(text) - unfinished.start() <= _LONGEST_SEQUENCE:
            self._held = text[unfinished.start() :]
            text = text[: unfinished.start()]
        return _CONTROLS.sub("", text)


def clean(text: str) -> str:
    """A whole foreign text without control codes; a sequence it breaks off in is dropped."""
    return Sanitizer().feed(text)


def one_line(text: str, *, width: int = 200) -> str:
    """A foreign text on one line, cut to ``width`` characters."""
    line = " ".join(clean(text[: width * 8]).split())
    return line if len(line) <= width else line[: width - 1] + "…"
