"""The templates of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.errors import UsageError
from poecli.scaffold.catalog import all_templates, find_template, read_template


@pytest.mark.parametrize("word", ["pdf-counter", "PDF-Counter", " pdf-counter "])
def test_a_template_is_found_by_its_name(word: str) -> None:
    """Case and surrounding spaces don't matter."""
    assert find_template(word).name == "pdf-counter"


def test_an_unknown_template_gets_a_near_one() -> None:
    """A typing mistake is answered with what was meant."""
    with pytest.raises(UsageError) as caught:
        find_template("pdf-conter")
    assert caught.value.why == "Did you mean 'pdf-counter'?"


def test_every_template_is_described_and_named_once() -> None:
    """One line about each; no name or alias stands for two."""
    templates = all_templates()
    words = [word for t in templates for word in (t.name, *t.aliases)]
    assert all(t.description and "\n" not in t.description for t in templates)
    assert len(words) == len(set(words))


def test_a_folder_without_a_description_is_a_template_of_its_name(tmp_path: Path) -> None:
    """Someone's own template needs no template.toml."""
    assert read_template(tmp_path).name == tmp_path.name


def test_a_broken_description_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "template.toml").write_text("description = ")
    with pytest.raises(UsageError, match=r"template\.toml:1 is not valid"):
        read_template(tmp_path)
