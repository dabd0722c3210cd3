"""Text from others, made safe for a terminal.

A bot's answer or an HTTP body can carry escape sequences that move the cursor, recolour the
screen or fill the clipboard (OSC 52). Rich lets them pass (rich.control, STRIP_CONTROL_CODES),
so everything foreign goes through here before a terminal sees it. Sequences are those of ECMA-48:
https://ecma-international.org/publications-and-standards/standards/ecma-48/
"""

from __future__ import annotations

import re

# A sequence longer than this is given up, and what follows its first character shown as text.
_MOST = "{0,4096}"

_CSI = rf"(?:\x1b\[|\x9b)[0-?]{_MOST}[ -/]{_MOST}"
# OSC, DCS, SOS, PM and APC run to BEL or ST; a line end or another C1 code ends them too.
_STRING = rf"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]{_MOST}"
_SHORT = rf"\x1b[ -/]{_MOST}"
_STRING_END = r"(?:\x07|\x1b\\|\x9c|(?=[\n\x80-\x9f])|(?=\x1b[^\\]))"
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_COMPLETE = rf"{_CSI}[@-~]|{_STRING}{_STRING_END}|{_SHORT}[0-OQ-WYZ\\`-~]"
_UNFINISHED = rf"(?:{_CSI}|{_STRING}\x1b?|{_SHORT})\Z"
# One pass: what is left after a sequence is dropped must not join to a new one.
_TO_DROP = re.compile(rf"{_COMPLETE}|(?P<unfinished>{_UNFINISHED})|{_CONTROL}")


class Sanitizer:
    """Strips control codes from text that arrives in pieces, cut anywhere.

    Line feed and tab stay; CRLF becomes LF.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What of the text so far may be shown now."""
        parts, at = [], 0
        text, self._held = self._held + text, ""
        for found in _TO_DROP.finditer(text):
            parts.append(text[at : found.start()])
            at = found.end()
            # What could still grow into a sequence is held back until more arrives.
            self._held = found["unfinished"] or ""
        parts.append(text[at:])
        return "".join(parts)


def clean(text: str) -> str:
    """A whole foreign text without control codes; a sequence it breaks off in is dropped."""
    if text.isprintable():
        return text
    return Sanitizer().feed(text)


def one_line(text: str, *, width: int = 200) -> str:
    """A foreign text on one line, cut to ``width`` characters."""
    return cut(" ".join(clean(text[: width * 8]).split()), width)


def cut(line: str, width: int) -> str:
    """The line, or as much of it as goes into ``width`` characters."""
    return line if len(line) <= width else line[: width - 1] + "…"


def no_command(line: str) -> str:
    """A line that no CI system takes for an order: GitHub's begin with "::", blanks aside.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return line.replace("::", ": :", 1) if line.lstrip().startswith("::") else line
