"""What the page does with the operations of an answer, without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from poecli.playground.markdown.operations import Operation
from poecli.playground.markdown.stream import HtmlStream

_VOID = {"br", "hr", "img"}
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


def elements(html: str) -> list[str]:
    """The top-level elements of a piece of HTML."""
    found, depth, start = [], 0, 0
    for tag in _TAG.finditer(html):
        if depth == 0 and not tag[1]:
            start = tag.start()
        depth += 0 if tag[2] in _VOID else -1 if tag[1] else 1
        if depth == 0:
            found.append(html[start : tag.end()])
    return found


def utf16_start(text: str, units: int) -> str:
    """The first characters of a text, counted as a browser does."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le")


@dataclass
class Page:
    """An answer's blocks. ``open`` are elements that the next final one replaces."""

    final: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    growing: tuple[str, str] | None = None
    children: list[str] = field(default_factory=list)
    open_children: list[str] = field(default_factory=list)
    tail: str = ""
    parts: str = ""  # of an element too large for one operation
    shown: str = ""  # the HTML of what is open

    def apply(self, operations: list[Operation]) -> None:
        for kind, *given in operations:
            values = given
            if kind not in ("t", "p", "P", "h"):
                self.tail = ""
            if kind in ("f", "o", "F", "O"):
                values = [utf16_start(self.shown, values[0]) + values[1]]
            if kind not in ("t", "p", "P", "h"):
                self.shown = values[0] if kind in ("o", "O") else ""
            if values and values[-1] == "":
                values[-1], self.parts = self.parts, ""
            getattr(self, f"_{'child_' if kind in 'FOP' else ''}{kind.lower()}")(*values)

    def _h(self, html: str) -> None:
        self.parts += html

    def _f(self, html: str) -> None:
        self._end()
        self.open = []
        self.final.append(html)

    def _o(self, html: str) -> None:
        self._end()
        self.open = elements(html)

    def _g(self, html: str) -> None:
        self.open = []
        self.children, self.open_children = [], []
        at = re.search(r"(</table>|</code></pre>|</ul>|</ol>)\Z", html)
        assert at is not None, html
        self.growing = html[: at.start()], at[0]

    def _child_f(self, html: str) -> None:
        self.open_children = []
        self.children.append(html)

    def _child_o(self, html: str) -> None:
        self.open_children = elements(html)

    def _child_p(self, number: int, html: str) -> None:
        self.children[number] = html

    def _a(self, html: str) -> None:
        before, _, _ = self.children[-1].rpartition("</")
        self.children[-1] = before + html + self.children[-1][len(before) :]

    def _t(self, text: str) -> None:
        self.tail += text

    def _x(self) -> None:
        self._end()

    def _p(self, number: int, html: str) -> None:
        self.final[number] = html

    def _end(self) -> None:
        if self.growing:
            before, after = self.growing
            self.final.append(before + "".join(self.children) + after)
            self.growing = None
            self.children, self.open_children = [], []

    @property
    def blocks(self) -> list[str]:
        assert self.growing is None
        assert not self.open
        assert not self.tail
        return self.final


def streamed(pieces: list[str]) -> list[str]:
    """The blocks of a page after all pieces, each painted in a frame of its own."""
    stream, page = HtmlStream(), Page()
    for piece in pieces:
        stream.feed(piece)
        page.apply(stream.frame())
    page.apply(stream.finish())
    return page.blocks
