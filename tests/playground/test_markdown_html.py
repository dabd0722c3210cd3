"""Nothing of a bot's acts in the page, and nothing breaks its layout."""

from __future__ import annotations

import re

import pytest

from poecli.playground.markdown.code import LineColours, colour_lines
from poecli.playground.markdown.stream import render
from poecli.playground.markdown.text import MOST_MARKS, Cleaner

ALLOWED_TAGS = (
    {"p", "h3", "h4", "h5", "h6", "blockquote", "hr", "br", "ul", "ol", "li", "pre", "code", "span"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
    | {"a", "button", "img", "em", "strong", "s"}
)
ALLOWED_ATTRIBUTES = {"class", "dir", "href", "title", "rel", "target", "type", "start"} | {
    "data-src",
    "src",
    "alt",
}

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<form action=//evil.example><input>",
    "<iframe srcdoc='<script>1</script>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html,<script>1</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](vscode://file/etc/passwd)",
    "[x](ms-msdt:/id)",
    "[x](search-ms:query)",
    "[x](intent://x#Intent;end)",
    "[x](blob:https://x/y)",
    "[x](view-source:http://x)",
    "[x](about:blank)",
    "[x](//evil.example/x)",
    "[x](/_poe/api/v1/state)",
    "![x](/_poe/api/v1/state)",
    "![x](http://127.0.0.1:8080/_poe/api/v1/state)",
    "![x](http://127.0.0.1:8080/_poe/files/../api/v1/state)",
    "![x](http://127.0.0.1:8080/_poe/files/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/../../api/v1/state)",
    "[x](#id)",
    "[x](?q=1)",
    "[x](http:)",
    "[x](http://[bad)",
    "<javascript:alert(1)>",
    "![x](http://evil.example/p.png)",
    "![x](/_poe/api/v1/state)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    '![x"onerror=alert(1)](data:image/png;base64,AAAA)',
    '[x](http://a "t\\" onmouseover=alert(1) x=")',
    '```"><script>alert(1)</script>\nx\n```',
    "```python onload=alert(1)\nx\n```",
    "```../../etc\nx\n```",
    "`<b>`",
    "| <b> | x |\n|:--|--:|\n| <script> | `</td>` |",
    "# <h1 id=x>",
    "&lt;script&gt;",
    "\x00\x1b[31mred\x1b]52;c;x\x07",
    "[x]: javascript:alert(1)\n\n[x]",
    "1234567890123. x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_only_known_elements_and_attributes_come_out(text: str) -> None:
    html = "".join(render(text))
    tags = re.findall(r"<([a-z0-9]+)((?:\s[^<>]*)?)>", html)
    assert {tag for tag, _ in tags} <= ALLOWED_TAGS
    attributes = {name for _, rest in tags for name in re.findall(r'\s([a-z-]+)="[^"]*"', rest)}
    assert attributes <= ALLOWED_ATTRIBUTES
    assert html.count("<") == len(tags) + html.count("</")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_address_leads_anywhere_but_out(text: str) -> None:
    html = "".join(render(text))
    for url in re.findall(r'(?:href|src|data-src)="([^"]*)"', html):
        assert url.startswith(("http://", "https://", "mailto:", "data:image/png;base64,"))


SHOWN = [
    ("a link says its host", "[x](https://a.example/p)", 'title="a.example"'),
    ("a link that leads nowhere is its text", "[x](/p)", '<p dir="auto">x</p>'),
    ("a picture is a button", "![cat](https://a.example/c.png)", "cat (picture from a.example)"),
    ("a small picture in the text is shown", "![c](data:image/png;base64,AA==)", "<img src="),
    ("columns are aligned by class", "|a|\n|--:|\n|1|", '<td dir="auto" class="a-r">1</td>'),
    ("a bot's heading is below the page's", "# one", '<h3 dir="auto">one</h3>'),
    ("hidden directions in prose are dropped", "a\u202eb", "ab"),
    ("hidden directions in code are shown", "`a\u202eb`", "a⟨U+202E⟩b"),
    ("a language stands in a class", "```c++\nx\n```", 'class="language-c++"'),
    ("code without a language is text", "```\n<x>\n```", "&lt;x&gt;"),
    ("an ordered list keeps its start", "3. x", '<ol start="3">'),
    ("a long list goes on with its numbers", "3. x\n" * 26, '</ol><ol class="g" start="28"><li'),
    ("so does one in an item", "- a\n" + "  1. x\n" * 26, '</ol><ol class="g" start="26"><li'),
    ("a long table has bodies", "|a|\n|-|\n" + "|1|\n" * 26, '</tbody><tbody class="g"><tr>'),
    ("a long paragraph has boxes", "word " * 801 + "end", ' </span><span class="g">end</span></p>'),
]


@pytest.mark.parametrize(("what", "text", "html"), SHOWN)
def test_what_the_author_sees(what: str, text: str, html: str) -> None:
    assert html in "".join(render(text)), what


@pytest.mark.parametrize("sizes", [[10_000], [1] * 200, [7] * 60])
def test_marks_without_end_are_cut_however_they_arrive(sizes: list[int]) -> None:
    cleaner = Cleaner()
    shown = cleaner.feed("e") + "".join(cleaner.feed("\u0301" * size) for size in sizes)
    assert (shown + cleaner.feed("x")).count("\u0301") == MOST_MARKS


def test_marks_of_each_letter_are_kept() -> None:
    assert "".join(render("e\u0301" * 50)).count("\u0301") == 50


LINES = {
    "python": "def f(x):\n    return {'a': 1}\n",
    "json": '{"a": [1, "b"]}\n',
    "bash": 'for x in *; do echo "$x"; done\n',
    "javascript": "const a = `x${1}`;\n",
    "go": "func main() { fmt.Println(1) }\n",
}


@pytest.mark.parametrize("language", LINES)
def test_line_by_line_colours_are_those_of_the_whole(language: str) -> None:
    """Pins pygments.lexer.RegexLexer._tokens, which LineColours reads."""
    source = LINES[language] * 3
    lines = LineColours(language)
    assert [lines.feed(line) for line in source.splitlines()] == colour_lines(
        source.removesuffix("\n"), language
    )
