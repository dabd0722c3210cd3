"""Where the files are that travel with the package: scaffolds and completions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: Literal["scaffolds", "completions"]) -> Path:
    """The folder of that name: inside the package in a wheel, beside it in a checkout."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
