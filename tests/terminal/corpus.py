"""Markdown for tests: small examples of every kind of block and inline, and long answers."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

PARAGRAPHS = [
    "one line",
    "one line\n",
    "two\nlines\n",
    "first\n\nsecond\n",
    "first\n\n\n\nsecond\n",
    "   three spaces in\n",
    "trailing spaces   \nbreak the line\n",
    "a backslash\\\nbreaks it too\n",
    "a\ttab\n",
    "ends without a line end",
    "\n\nleading empty lines\n",
    "a paragraph that is much longer than the width of the screen and has to be wrapped twice\n",
    "aVeryLongWordWithoutAnySpaceThatCanNotFitIntoOneRowOfTheScreenSoItHasToBeFoldedSomewhere\n",
    "before\n    indented, but still the paragraph\n",
    "",
    "\n",
    " \n",
    "   \n\n  x\n",
]
HEADINGS = [
    "# one\n",
    "## two\n",
    "### three ###\n",
    "###### six\n",
    "####### seven is text\n",
    "#hash without a space\n",
    "\\# escaped\n",
    "#\n",
    "# \n\ntext\n",
    "text\n# then a heading\n",
    "Under\n=====\n",
    "Under\n-----\n",
    "Under\n-\n",
    "Two lines\nunder\n===\n",
    "> quoted\n---\n",
    "    indented\n===\n",
    "## **bold** `code`\n",
    "# a heading that is longer than the screen is wide, so that it must be wrapped at a word\n",
]
RULES = [
    "***\n",
    "---\n",
    "___\n",
    "- - -\n",
    "a\n\n---\n\nb\n",
    "a\n***\nb\n",
    "--\n",
    "+++\n",
    "* a\n***\n* b\n",
    "   ---\n",
    "    ---\n",
]
CODE = [
    "```\nplain\n```\n",
    "```python\ndef f():\n    return 1\n```\n",
    "```python\nx = '''\nlong\nstring\n'''\n```\n",
    "~~~\ntildes\n~~~\n",
    "````\n```\ninner\n```\n````\n",
    "```\n~~~\n```\n",
    "~~~\n```\n~~~\n",
    "```\nnever closed\n",
    "```\nnever closed",
    "```\n",
    "```",
    "```\n```\n",
    "```\n\n```\n",
    "```\n\n\nblank before\n\n\n```\n",
    "```\nblank after\n\n\n",
    "``` \nspace in the info\n```   \n",
    "``` no-such-language\nx\n```\n",
    "   ```\n   indented fence\n  less\n     more\n   ```\n",
    "    ```\n    too far in\n    ```\n",
    "```\nnot closed by\n    ```\nor\n``` x\nbut by\n`````\nafter\n",
    "text\n```\ncode\n```\ntext\n",
    "text\n``` a`b\nmore text\n",
    "```\nlong: " + "x" * 130 + "\n```\n",
    "```\nwide 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\n```\n",
    "```\n\ttab\n a\tb\n```\n",
    "    indented\n    code\n",
    "    indented\n\n    goes on\n\nends\n",
    "\tby a tab\n",
    "`inline`\n",
    "`` a ` b ``\n",
    "` a `\n",
    "`not closed\n",
    "`over\ntwo lines`\n",
    "```\na\n```\n```\nb\n```\n",
    "```html\n<b>&amp;</b>\n```\n",
    '```json\n{"a": [1, 2.5, null]}\n```\n',
    "```\r\ncrlf\r\n```\r\n",
]
QUOTES = [
    "> quote\n",
    "> two\n> lines\n",
    "> lazy\nline\n",
    ">no space\n",
    "> a\n>\n> b\n",
    "> a\n\n> b\n",
    "> > nested\n",
    "> > > three\n> back\n",
    "> # heading\n> text\n",
    "> - a\n> - b\n",
    "> ```\n> code\n> ```\n",
    "> ```\n> code\noutside\n",
    ">\n",
    ">\n>\n",
    "> a\n***\n",
    "> 1. a\n>    b\n",
    "text\n> quote\n",
    "> a quote that is longer than the screen is wide, so that the bar has to be drawn twice\n",
]
LISTS = [
    "- a\n- b\n",
    "* a\n* b\n",
    "+ a\n+ b\n",
    "- a\n* b\n",
    "1. a\n2. b\n",
    "1) a\n2) b\n",
    "1. a\n1. b\n1. c\n",
    "7. a\n8. b\n",
    "0. zero\n",
    "1. a\n2) b\n",
    "-1. no list\n",
    "1234567890. no list\n",
    "9. a\n10. b\n11. c\n",
    "99. a\n100. b\n",
    "- a\n\n- b\n",
    "- a\n\n\n- b\n",
    "- a\n  b\n",
    "- a\nlazy\n",
    "- a\n\n  b\n",
    "- a\n\n b\n",
    "- a\n  - b\n    - c\n      - d\n",
    "- a\n - b\n  - c\n   - d\n    - e\n",
    "- a\n  1. b\n  2. c\n- d\n",
    "1. a\n   - b\n   - c\n2. d\n",
    "- ```\n  code\n  ```\n- b\n",
    "1. step\n\n   ```sh\n   run\n   ```\n\n2. next\n",
    "- > quote\n- # heading\n",
    "- a\n  > quote\n",
    "-\n",
    "-\n- a\n",
    "- a\n-\n- c\n",
    "-   wide marker\n\n    second\n",
    "-    code?\n",
    "-\ta\n",
    "- a\n\ntext\n\n- b\n",
    "text\n- a\n",
    "text\n2. not a list here\n",
    "text\n1. a list here\n",
    "- [ ] task\n- [x] done\n",
    "- a\n- b\n\n\ntext\n",
    "- a\n***\n- b\n",
    "- a\n# heading\n",
    "- - nested at once\n",
    "- 1. a\n- 2. b\n",
    "- an item that is much longer than the screen is wide, so that its second row is indented\n",
    "- a\n\n      code in it\n",
    "   - a\n  - b\n - c\n",
]
TABLES = [
    "```a | b\n--|--\n1 | 2\n",
    "~~~a | b\ncode\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "a | b\n--|--\n1 | 2\n",
    "| l | c | r |\n|:--|:-:|--:|\n| 1 | 2 | 3 |\n| long | longer | longest |\n",
    "| a |\n|---|\n",
    "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\n",
    "| a | b |\n|---|\n| 1 | 2 |\n",
    "| a \\| b | c |\n|---|---|\n| `x` | **y** |\n",
    "text\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\ntext goes on\n\nafter\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\nafter\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n> quote\n",
    "| " + "wide column " * 6 + " | b |\n|---|---|\n| 1 | " + "more words " * 9 + "|\n",
    "| 漢字 | 😀 |\n|---|---|\n| ä | 漢字漢字 |\n",
    "|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n|" + "b|" * 30 + "\n",
    "| | |\n|---|---|\n| | |\n",
    "> | a | b |\n> |---|---|\n> | 1 | 2 |\n",
    "- | a | b |\n  |---|---|\n  | 1 | 2 |\n",
]
INLINES = [
    "*em* _em_ **strong** __strong__ ***both***\n",
    "**over\ntwo lines**\n",
    "**not closed\n",
    "snake_case_word 2*3*4\n",
    "~~gone~~ ~one~\n",
    "[link](https://example.org)\n",
    '[link](https://example.org "title") after\n',
    "[**bold** link](<https://example.org/a b>)\n",
    "[](https://example.org)\n",
    "[not closed](https://example.org\n",
    "[empty]()\n",
    "<https://example.org>\n",
    "<me@example.org>\n",
    "![picture](https://example.org/p.png)\n",
    "[![picture](p.png)](https://example.org)\n",
    "![title][inline_ref]\n",
    "[ref]: https://example.org\n\nsee [ref] and [this][ref]\n",
    "[ref]:\n  https://example.org\n  'a title'\n\n[ref]\n",
    "[a]: /1\n[b]: /2\n\n[a] [b]\n",
    "[a]: /1\n\none\n\ntwo\n\n[b]: https://example.org\n\n[b]\n\nend\n",
    "[a]: /first\n\n[a]: /second\n\n[a]\n",
    '[a]: /url\n"title\nof two lines"\n\n[a]\n',
    '[a]: /url\n"no title\n\n[a]\n',
    "&amp; &copy; &#35; &#x22; &nbsp; &unknown;\n",
    "&#27;[31m &#13;cr &#10;lf &#9;tab\n",
    "vector<int> and List<String>\n",
    "<think>\nmulti\n\nline\n</think>\n\nanswer\n",
    "<b>bold?</b> <br/> <!-- comment -->\n",
    "<div>\n\n*block*\n\n</div>\n",
    "\\*escaped\\* \\`code\\`\n",
    "wide 漢字 and 😀 and é\n",
    "漢字" * 40 + "\n",
    "ﷺ אבג عرب\n",
    "$a_1 + b_2$ and \\(x\\)\n",
    "http://example.org is text\n",
    "c\u00a0d\u00ade\n",
]
# The terminal of the tests (pyte) shows the parts of a joined emoji, composes accents, and drops
# what is written with a character of no width.
JOINED_GLYPHS = [
    "a\u2028b\u2029c\n",
    "cafe\u0301\n",
    "family 👩\u200d👩\u200d👧 of three\n",
    "flag 🏳️\u200d🌈 " * 20 + "\n",
]
# (text, why streaming and one-shot rendering differ)
FORWARD_REFERENCES = [
    (
        "see [later]\n\ntext\n\n[later]: /url\n",
        "the paragraph is final before the definition comes",
    ),
    ("# [Foo]\n[foo]: /url\n> bar\n", "the same, for a heading"),
    ("[foo]\n\n> [foo]: /url\n", "the same, with the definition in a quote"),
]
BELOW_A_DEFINITION = [
    "[code]: http://a.b\n```c\nint x;\n```\n\n[code]\n",
    "[table]: http://a.b 'title'\n| a |\n|---|\n| b |\n\n[table]\n",
    "[list]: http://a.b\n- a\n- b\n\n[list]\n",
    "[two]: http://a.b\n2. a\n3. b\n\n[two]\n",
]
# The title of a definition in a list or a quote goes on below that.
TITLES = [
    '- [a]: /url\n"title\nof two lines"\n\n[a]\n',
    '- x\n- [a]: /url\n"title\nof two lines"\n\n[a]\n',
    '> [a]: /url\n"title\nof two lines"\n\n[a]\n',
    '- > [a]: /url\n"title\nof two"\n\n[a]\n',
    '- x\n- [a]: /url\n"no title\n\n[a]\n',
    "- [a]: /url\nno title\n# but a heading\n",
    "- x\n- # heading\nno title\n",
]
EXAMPLES = [
    *PARAGRAPHS,
    *HEADINGS,
    *RULES,
    *CODE,
    *QUOTES,
    *LISTS,
    *TABLES,
    *TITLES,
    *INLINES,
    *BELOW_A_DEFINITION,
]

_WORDS = [
    "the",
    "answer",
    "depends",
    "on",
    "what",
    "you",
    "mean",
    "by",
    "latency",
    "and",
    "cost",
    "because",
    "every",
    "request",
    "has",
    "to",
    "pass",
    "through",
    "a",
    "gateway",
    "that",
    "counts",
    "tokens",
    "漢字",
    "naïve",
    "😀",
    "`inline_code`",
    "**important**",
    "*perhaps*",
    "[docs](https://example.org/docs)",
    "vector<int>",
    "foo_bar_baz",
    "3.14",
    "e.g.",
]
_LANGUAGES = ("python", "js", "", "sql", "no-such", "rust")


def joined(examples: int, seed: int) -> str:
    """Several examples as one document."""
    return "\n".join(random.Random(seed).sample(EXAMPLES, examples))


def long_answer(seed: int, *, size: int = 6_000) -> str:
    """A long answer of the kind that language models write."""
    chance = random.Random(seed)
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(chance.choice(_KINDS)(chance))
    return "\n".join(parts)


def _words(chance: random.Random, low: int, high: int) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(low, high)))


def _paragraph(chance: random.Random) -> str:
    return f"{_words(chance, 15, 90)}.\n"


def _heading(chance: random.Random) -> str:
    return f"{'#' * chance.randint(1, 4)} {_words(chance, 2, 6)}\n"


def _list(chance: random.Random) -> str:
    gap = chance.choice(("", "\n"))
    items = [f"- {_words(chance, 3, 30)}\n" for _ in range(chance.randint(2, 9))]
    nested = [item + f"  - {_words(chance, 2, 8)}\n" * chance.randint(0, 2) for item in items]
    return gap.join(nested)


def _numbered(chance: random.Random) -> str:
    code = "\n   ```sh\n   run this --now\n   ```\n\n"
    items = range(1, chance.randint(3, 14))
    return "".join(f"{i}. {_words(chance, 3, 25)}\n{chance.choice(('', code))}" for i in items)


def _fence(chance: random.Random) -> str:
    lines = chance.randint(1, 60)
    body = "".join(
        f"{'    ' * chance.randint(0, 3)}value_{i} = call({_words(chance, 0, 9)!r})  # {i}\n"
        for i in range(lines)
    )
    return f"```{chance.choice(_LANGUAGES)}\n{body}```\n"


def _table(chance: random.Random) -> str:
    columns = chance.randint(2, 4)
    rows = [[_words(chance, 1, 4) for _ in range(columns)] for _ in range(chance.randint(2, 20))]
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    return "".join([lines[0], "|" + "---|" * columns + "\n", *lines[1:]])


def _deep_list(chance: random.Random) -> str:
    """Bullets and numbers within each other, with quotes and code in the items."""
    rows = []
    for _ in range(chance.randint(4, 14)):
        depth = chance.randint(0, 4)
        marker = chance.choice(("- ", "- ", "1. ", "- [ ] "))
        rows.append(f"{'   ' * depth}{marker}{_words(chance, 1, 20)}\n")
        if chance.random() < 0.2:
            rows.append(f"\n{'   ' * (depth + 1)}> {_words(chance, 2, 15)}\n\n")
    return "".join(rows)


def _quote(chance: random.Random) -> str:
    depths = [chance.randint(1, 3) for _ in range(chance.randint(2, 8))]
    return "".join(f"{'> ' * depth}{_words(chance, 2, 25)}\n>\n" for depth in depths)


def _wide_text(chance: random.Random) -> str:
    """Sentences without a space, in glyphs that are two cells wide."""
    words = ("遅延は要求ごとに", "変わります。", "模型", "、", "😀", "🚀🚀", "한국어 문장 ")
    parts = (*words, "**重要**", "`码`")
    return "".join(chance.choices(parts, k=chance.randint(20, 90))) + "\n"


def _tags(chance: random.Random) -> str:
    """What looks like HTML."""
    inner = "".join(f"<step n={i}>{_words(chance, 2, 12)}</step>\n" for i in range(3))
    return f"<thinking>\n{inner}\n{_words(chance, 4, 30)}<br/>\n</thinking>\n"


def _references(chance: random.Random) -> str:
    """Links whose addresses were defined before."""
    number = chance.randint(1, 10**6)
    links = " ".join(f"{_words(chance, 1, 6)} [source][r{number}]" for _ in range(4))
    return f"[r{number}]: https://example.org/{number}\n\n{links}, <https://example.org/a_b_c>\n"


def _fence_in_fence(chance: random.Random) -> str:
    mark = chance.choice(("````", "~~~"))
    inner = "".join(f"{_words(chance, 0, 20)}\n" for _ in range(chance.randint(1, 12)))
    return f"{mark}markdown\n```\n{inner}```\n\n\n# no heading\n{mark}\n"


def _rule(chance: random.Random) -> str:
    return chance.choice(("---\n", "***\n", "- - -\n"))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    *(_paragraph, _paragraph, _heading, _list, _numbered, _fence, _table),
    *(_deep_list, _quote, _wide_text, _tags, _references, _fence_in_fence, _rule),
)


def specification() -> list[str]:
    """The examples of CommonMark, where POE_COMMONMARK_SPEC names its ``spec.txt``.

    The npm package commonmark-spec brings the file; its tabs are written as arrows.
    """
    path = os.environ.get("POE_COMMONMARK_SPEC")
    if not path:
        return []
    text = Path(path).read_text("utf-8")
    examples = re.findall(r"^`{32} example.*\n([\s\S]*?)^\.\n", text, re.MULTILINE)
    return [example.replace("→", "\t") for example in examples]
