"""Source code as HTML, coloured by classes, line by line while it arrives.

    lines = LineColours("python")
    lines.feed("def f():")      one line, in the state that the lines before it left
    colour_lines(text, "python")   the whole at once, which is what a closed block shows

A token that one regular expression matches over several lines (a doc string, a comment of C) can
only be seen in the whole, so a closed block is coloured again: 0 % of the lines of JSON differ,
1 % of bash, 15 % of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from pygments.lexer import Lexer, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Text, _TokenType
from pygments.util import ClassNotFound

from poecli.playground.markdown import text as safe

GROUP_LINES = 20  # in a box of its own: one growing <pre> is laid out whole at each line
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,32}")


def language_of(info: str) -> str:
    """The language that a fence names, or "" where it names none that may stand in a class."""
    found = _LANGUAGE.fullmatch(info.split(maxsplit=1)[0]) if info.strip() else None
    return found[0] if found else ""


@cache
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


class LineColours:
    """Colours line after line: a lexer with the stack of states that it ended the last one in."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language) if language else None
        self._stack = ["root"]

    def feed(self, line: str) -> str:
        """The HTML of one line, given without its end."""
        if self._lexer is None:
            return safe.code(line)
        if isinstance(self._lexer, RegexLexer):
            return _spans(self._tokens(self._lexer, line + "\n")).removesuffix("\n")
        return _spans(self._lexer.get_tokens(line))  # JSON's, which knows no states

    def _tokens(self, lexer: RegexLexer, text: str) -> Iterator[tuple[_TokenType, str]]:
        """As RegexLexer.get_tokens_unprocessed does, but that the stack outlives the text."""
        # No public way tells the state at the end of a text.
        states: dict[str, Any] = lexer._tokens  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        at = 0
        while at < len(text):
            for match_at, action, new_state in states[self._stack[-1]]:
                found = match_at(text, at)
                if found is None:
                    continue
                if action is not None:
                    if type(action) is _TokenType:
                        yield action, found.group()
                    else:
                        yield from ((kind, part) for _, kind, part in action(lexer, found))
                at = found.end()
                self._enter(new_state)
                break
            else:
                if text[at] == "\n":
                    self._stack = ["root"]
                yield Text, text[at]
                at += 1

    def _enter(self, new_state: Any) -> None:
        if new_state is None:
            return
        for state in new_state if isinstance(new_state, tuple) else (new_state,):
            if state == "#pop":
                del self._stack[max(1, len(self._stack) - 1) :]
            elif state == "#push":
                self._stack.append(self._stack[-1])
            elif isinstance(state, int):
                del self._stack[max(1, len(self._stack) + state) :]
            else:
                self._stack.append(state)


def colour_lines(source: str, language: str) -> list[str]:
    """The HTML of each line of a whole text; no element crosses a line."""
    lexer = _lexer(language) if language else None
    if lexer is None:
        return safe.code(source).split("\n")
    return _spans(lexer.get_tokens(source)).split("\n")


def groups(lines: Iterable[str]) -> list[str]:
    """Lines of HTML in boxes of 20."""
    every = list(lines)
    starts = range(0, len(every), GROUP_LINES)
    return [group(every[start : start + GROUP_LINES]) for start in starts]


def group(lines: list[str]) -> str:
    """One box."""
    return '<span class="g">' + "".join(line + "\n" for line in lines) + "</span>"


def opening(language: str) -> str:
    """The beginning of a block of code; `CLOSING` is its end."""
    named = f' class="language-{language}"' if language else ""
    return f"<pre><code{named}>"


CLOSING = "</code></pre>"


def block(source: str, info: str) -> str:
    """A whole block of code."""
    language = language_of(info)
    lines = colour_lines(source.removesuffix("\n"), language) if source else []
    return opening(language) + "".join(groups(lines)) + CLOSING


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> str:
    """Neighbours of one class are one element; blanks have none."""
    parts: list[str] = []
    last, run = "", ""
    for kind, value in tokens:
        name = _class(kind) if value.strip() else ""
        if name != last:
            parts.append(_boxed(run, last))
            last, run = name, ""
        run += value
    parts.append(_boxed(run, last))
    return "".join(parts)


def _boxed(run: str, name: str) -> str:
    html = safe.code(run)
    if not name or not run:
        return html
    return "\n".join(
        f'<span class="{name}">{line}</span>' if line else "" for line in html.split("\n")
    )


@cache
def _class(kind: _TokenType) -> str:
    """Pygments' short name of a kind, or of the kind it belongs to."""
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES[kind]  # that of all kinds is ""
