"""A list whose first items are final, unless it turns out loose."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

from poecli.playground.markdown import html
from poecli.playground.markdown.definitions import Definitions

_OF_AN_ITEM = 2  # the level of an item's own paragraphs


class OpenList:
    """``source`` is that of the items in ``sent``, which are HTML; ``loose`` how all are shown."""

    def __init__(self, tokens: Sequence[Token], definitions: Definitions) -> None:
        self.source = ""
        self.sent: list[str] = []
        self.loose = is_loose(tokens)
        self._definitions = definitions
        self._opening = html.html_of([tokens[0]], definitions.env)
        self._closing = f"</{tokens[0].tag}>"

    @property
    def html(self) -> str:
        """The list as the page has it."""
        return self._opening + "".join(self.sent) + self._closing

    def goes_on_with(self, block: Sequence[Token]) -> bool:
        """Whether a block, read alone, is more of this list."""
        return block[0].type.endswith("_list_open") and self._closing == f"</{block[0].tag}>"

    def items(self, source: str) -> list[str]:
        """The HTML of each item, tight or loose as the whole list is."""
        found: list[list[Token]] = []
        for token in html.MARKDOWN.parse(source, self._definitions.copy()):
            if token.level == _OF_AN_ITEM and token.type.startswith("paragraph"):
                token.hidden = not self.loose
            if is_item(token):
                found.append([])
            if token.level:
                found[-1].append(token)
        return [html.html_of(item, self._definitions.env) for item in found]

    def take(self, source: str) -> list[str]:
        """Further items, which are final."""
        items = self.items(source)
        self.source += source
        self.sent += items
        return items

    def loosen(self) -> list[str]:
        """All items so far, now with paragraphs of their own."""
        source, self.source = self.source, ""
        self.loose, self.sent = True, []
        return self.take(source)


def is_item(token: Token) -> bool:
    """Whether an item of a list at the top level begins here."""
    return token.level == 1 and token.type == "list_item_open"


def is_loose(tokens: Sequence[Token]) -> bool:
    """Looseness shows in the items' own paragraphs."""
    return any(
        token.level == _OF_AN_ITEM and token.type == "paragraph_open" and not token.hidden
        for token in tokens
    )
