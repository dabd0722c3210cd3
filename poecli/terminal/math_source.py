r"""LaTeX in Markdown: kept letter by letter, for ``\{``, ``_`` and ``*`` mean something else there.

``$…$`` (no space inside the dollars, no digit after: "$5 and $6" are prices), ``$$…$$``,
``\(…\)`` and ``\[…\]``, as Pandoc and GitHub read them. It is a rule of inline text alone, so that
no block begins or ends by it and what is final stays final while an answer streams.
https://pandoc.org/MANUAL.html#math
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_MATH = re.compile(
    r"""
      \$\$ [^$`]+? \$\$
    | \$ (?![\s$]) (?: [^$`\\\n] | \\. )*? (?<! \s) \$ (?! [\d$] )
    | \\\( [^`]+? \\\)
    | \\\[ [^`]+? \\\]
    """,
    re.VERBOSE | re.DOTALL,
)
_LONGEST = 4_000  # of one formula; more is not looked through for its end


def use_math(markdown: MarkdownIt) -> MarkdownIt:
    """The parser, with formulas kept as they are."""
    markdown.inline.ruler.before("escape", "math", _math)
    return markdown


def _math(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    found = _MATH.match(state.src, state.pos, min(state.posMax, state.pos + _LONGEST))
    if found is None:
        return False
    if not silent:
        for number, line in enumerate(found[0].split("\n")):
            if number:
                state.push("softbreak", "br", 0)
            state.push("text", "", 0).content = line.strip() if number else line.rstrip()
    state.pos = found.end()
    return True
