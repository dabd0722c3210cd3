"""A list whose first items are final, unless it turns out loose."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

from poecli.markdown_blocks import BLOCKS, is_item
from poecli.playground.markdown import html
from poecli.playground.markdown.definitions import Definitions
from poecli.playground.markdown.pieces import PIECE, continued, cut_blocks

_OF_AN_ITEM = 2  # the level of an item's own paragraphs


class OpenList:
    """``source`` is that of the items in ``sent``, which are HTML; ``loose`` how all are shown.

    ``first`` is the number of its first piece among the blocks of the page.
    """

    def __init__(self, tokens: Sequence[Token], definitions: Definitions, first: int) -> None:
        self.source = ""
        self.sent: list[str] = []
        self.loose = is_loose(tokens)
        self.first = first
        self._definitions = definitions
        self._opening = tokens[0]

    @property
    def html(self) -> list[str]:
        """Its pieces as the page has them."""
        starts = range(0, len(self.sent), PIECE)
        return [self._piece(at, self.sent[at : at + PIECE]) for at in starts]

    def piece_at(self, count: int) -> str:
        """The piece that begins after ``count`` items, still without any; "" where none does."""
        return "" if count % PIECE else self._piece(count, [])

    def _piece(self, start: int, items: Sequence[str]) -> str:
        opening = continued(self._opening, start) if start else self._opening
        begun = html.html_of([opening], self._definitions.env)
        return begun + "".join(items) + f"</{opening.tag}>"

    def goes_on_with(self, block: Sequence[Token]) -> bool:
        """Whether a block, read alone, is more of this list."""
        return block[0].type == self._opening.type

    def parse(self, source: str) -> list[Token]:
        """The blocks of a source that may be more of this list."""
        return BLOCKS.parse(source, self._definitions.copy())

    def items(self, tokens: Sequence[Token]) -> list[str]:
        """The HTML of each item among blocks, tight or loose as the whole list is."""
        found: list[list[Token]] = []
        for token in html.with_inline(tokens, self._definitions.copy()):
            if token.level == _OF_AN_ITEM and token.type.startswith("paragraph"):
                token.hidden = not self.loose
            if is_item(token):
                found.append([])
            if token.level:
                found[-1].append(token)
        env = self._definitions.env
        return [html.html_of(list(cut_blocks(item)), env) for item in found]

    def take(self, source: str, tokens: Sequence[Token]) -> list[str]:
        """Further items, which are final, and the blocks that they parse to."""
        items = self.items(tokens)
        self.source += source
        self.sent += items
        return items

    def loosen(self) -> None:
        """Give all items so far paragraphs of their own."""
        self.loose = True
        self.sent = self.items(self.parse(self.source))


def is_loose(tokens: Sequence[Token]) -> bool:
    """Looseness shows in the items' own paragraphs."""
    return any(
        token.level == _OF_AN_ITEM and token.type == "paragraph_open" and not token.hidden
        for token in tokens
    )
