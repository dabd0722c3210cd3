"""The page's own files."""

from __future__ import annotations

from poecli.playground.pages import page_files

MOST_BYTES = 150 * 1024


def test_modules_and_style_sheets_stay_small() -> None:
    """They are read as they are written: no build step makes them smaller."""
    sizes = [len(file.body) for name, file in page_files().items() if name.endswith(("js", "css"))]
    assert sum(sizes) <= MOST_BYTES
