"""The guide's seven examples of 2024, upgraded."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.emulator.test_guide import GUIDE, examples
from tests.upgrade.code import upgrade

# What can't be deployed today, is open to all, or fails; no other line may change.
NEEDED = re.compile(
    r"[Ss]tub|allow_without_key=True|fastapi-poe==0\.0\.36|PyPDF2|file_data=|access_key=\"<|"
    r"get_response\(self, query"
)
# Under the real Modal, whose own deprecations are errors.
IMPORT_ALL = """
import runpy, sys, warnings
import modal
from modal.exception import DeprecationError
warnings.simplefilter("error", DeprecationError)
for file in sys.argv[1:]:
    assert isinstance(runpy.run_path(file)["app"], modal.App), file
"""

pytestmark = pytest.mark.skipif(not GUIDE.is_file(), reason="the guide is not in this clone")


@cache
def upgraded(name: str) -> str:
    return upgrade(examples()[name]).code.decode()


@pytest.mark.parametrize("name", examples())
def test_no_line_changes_that_needs_no_change(name: str) -> None:
    """That a second upgrade changes nothing holds `python -m tests.readme.upgraded_guide`."""
    lines = difflib.ndiff(examples()[name].splitlines(), upgraded(name).splitlines())
    removed = [line for line in lines if line.startswith("- ")]

    assert removed
    assert [line for line in removed if not NEEDED.search(line)] == []


def test_all_are_imported_by_todays_modal(tmp_path: Path) -> None:
    """By the package itself, not the stand-in."""
    files = [tmp_path / f"{name}.py" for name in examples()]
    for file in files:
        file.write_text(upgraded(file.stem))

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *files], check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
