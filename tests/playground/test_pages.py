"""The page's own files."""

from __future__ import annotations

import re

from poecli.playground.pages import page_files

MOST_BYTES = 150_000


def test_the_page_stays_small() -> None:
    """All its files, as they are written: no build step makes them smaller."""
    assert sum(len(file.body) for file in page_files().values()) <= MOST_BYTES


def test_nothing_within_an_answer_is_styled_by_its_place_among_others() -> None:
    """With one such rule each item that is added restyles all that were there."""
    sheets = [file.body.decode() for name, file in page_files().items() if name.endswith("css")]
    selectors = re.findall(r"[^{}]*\.answer [^{}]*(?={)", "".join(sheets))
    assert len(selectors) > 10
    by_place = re.compile(r"\.answer .*(:(first|last|nth|only)-|[+~])")
    assert [each for each in selectors if by_place.search(each)] == []


def test_the_first_paint_waits_for_one_style_sheet_alone() -> None:
    files = page_files()
    linked = re.findall(
        r'rel="stylesheet" href="/_poe/page/([^"]+)"', files["index.html"].body.decode()
    )
    assert linked == [name for name in files if name.endswith(".css")] == ["all.css"]
