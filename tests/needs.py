"""Programs that a test needs and a user's machine may lack.

Such a test is skipped with the program's name; `.ci/run`, which installs them all, lets no test be
skipped.
"""

from __future__ import annotations

import shutil

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """A mark that skips a test where the program is not on PATH."""
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is not installed here"
    )
