"""The shell files in ``completions/`` are those of the command tree as it is now."""

from __future__ import annotations

import pytest

from poecli.commands.completions import generate
from poecli.completion.install import FILE_NAMES
from poecli.resources import data_folder

GENERATED = generate()


@pytest.mark.parametrize("name", FILE_NAMES.values())
def test_a_stored_script_is_what_is_generated(name: str) -> None:
    """Run ``python -m tests.completion.generate`` after a change of commands or flags."""
    assert (data_folder("completions") / name).read_text(encoding="utf-8") == GENERATED[name]
