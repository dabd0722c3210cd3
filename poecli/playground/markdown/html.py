"""Markdown as HTML that nothing of a bot's can act in.

No HTML of the bot's own; no ids, no styles; links that leave by http, https or mailto only;
pictures of other hosts as buttons, for the page loads nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from poecli.markdown_blocks import top_level
from poecli.playground.markdown import code, pieces
from poecli.playground.markdown import text as safe
from poecli.turns.files import local_path

MOST_PICTURE_CHARACTERS = 400_000
_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "gif", "jpeg", "webp"))
_LEADS_OUT = ("http", "https", "mailto")
_OWN_DIRECTION = {"paragraph_open", "heading_open", "list_item_open", "th_open", "td_open"}
_HEADINGS_BELOW_THE_PAGES = 2
_FREED_AT_ONCE = 500  # tokens: those of a long list take 20 ms


class _Html(RendererHTML):
    """markdown-it's own renderer, with the rules that differ; found by the names of tokens.

    Each rule takes the tokens, the place of its own, the parser's options and its environment.
    """

    def renderToken(  # noqa: N802 - markdown-it's name
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[idx]
        if token.type.startswith("heading"):
            token.tag = f"h{min(6, int(token.tag[1]) + _HEADINGS_BELOW_THE_PAGES)}"
        if token.type in _OWN_DIRECTION and not token.hidden:
            token.attrs["dir"] = "auto"
        # A style attribute is blocked by the page's policy, one report for each cell.
        style = token.attrs.pop("style", None)
        if style:
            token.attrs["class"] = f"a-{str(style).removeprefix('text-align:')[0]}"
        token.block = False  # no line ends between elements: a page would keep them as text
        return super().renderToken(tokens, idx, options, env)

    def text(self, tokens: Sequence[Token], idx: int, *_context: object) -> str:
        return safe.prose(tokens[idx].content)

    def code_inline(self, tokens: Sequence[Token], idx: int, *_context: object) -> str:
        return f"<code>{safe.code(tokens[idx].content)}</code>"

    def code_block(self, tokens: Sequence[Token], idx: int, *_context: object) -> str:
        return code.block(tokens[idx].content, "")

    def fence(self, tokens: Sequence[Token], idx: int, *_context: object) -> str:
        return code.block(tokens[idx].content, tokens[idx].info)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        words = safe.prose(self.renderInlineAsText(token.children or [], options, env))
        source = str(token.attrs.get("src", ""))
        if source.startswith(_PICTURES) and len(source) <= MOST_PICTURE_CHARACTERS:
            return f'<img src="{safe.prose(source)}" alt="{words}">'
        own = local_path(source)
        if own:
            return f'<img src="{safe.prose(own)}" alt="{words}">'
        host = _host(source)
        if not host:
            return words
        label = f"{words} (picture from {host})" if words else f"Picture from {host}"
        return (
            f'<button type="button" class="picture" data-src="{safe.prose(source)}">'
            f"{label}</button>"
        )


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return safe.prose(parts.hostname or "") if parts.scheme in _LEADS_OUT[:2] else ""


def _leads_out(url: str) -> bool:
    return _host(url) != "" or url.startswith("mailto:")


def _bounded_links(children: Sequence[Token]) -> Iterator[Token]:
    """Those that lead nowhere outside become their text."""
    dropped = 0  # links don't nest
    for token in children:
        if token.type == "link_open":
            url = str(token.attrs.get("href", ""))
            if not _leads_out(url):
                dropped += 1
                continue
            token.attrs = {
                "href": url,
                "title": _host(url) or url,
                "rel": "noopener noreferrer nofollow",
                "target": "_blank",
            }
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        yield token


MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Html).enable(
    ["table", "strikethrough"]
)


def blocks_of(source: str, env: MutableMapping[str, Any]) -> list[str]:
    """The HTML of each top-level element that a text becomes."""
    tokens = MARKDOWN.parse(source, env)
    made = [piece for block in top_level(tokens) for piece in elements_of(block, env)]
    free(tokens)
    return made


def free(tokens: list[Token]) -> None:
    """Let go of tokens, and of those inside them, in bits: while Python frees, no thread runs."""
    for each in [*(token.children or [] for token in tokens), tokens]:
        while each:
            del each[-_FREED_AT_ONCE:]


def with_inline(tokens: Sequence[Token], env: MutableMapping[str, Any]) -> list[Token]:
    """What `BLOCKS` has parsed, with what is inside paragraphs and headings."""
    state = StateCore("", MARKDOWN, env, list(tokens))
    MARKDOWN.core.process(state)  # of no source: the blocks stay as they are
    return state.tokens


def elements_of(block: Sequence[Token], env: MutableMapping[str, Any]) -> list[str]:
    """The HTML of each element that one block becomes: a long list is more than one."""
    return [html_of(piece, env) for piece in top_level(list(pieces.cut_blocks(block)))]


def html_of(tokens: Sequence[Token], env: MutableMapping[str, Any]) -> str:
    """Tokens of one or more elements as HTML."""
    for token in tokens:
        if token.type == "inline":
            token.children = list(_bounded_links(token.children or []))
            if len(token.content) > pieces.LONG:
                token.children = list(pieces.cut_text(token.children))
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, env))
