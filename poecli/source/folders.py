"""What a folder is, by what lies in it: an environment, a part of a repository."""

from __future__ import annotations

from pathlib import Path

# What every virtual environment has, whatever its name: venv and virtualenv; conda.
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


def is_environment(folder: Path) -> bool:
    """Whether it is a virtual environment, whatever its name."""
    return any((folder / mark).exists() for mark in _ENVIRONMENT_MARKS)


def up_to_the_repository(folder: Path) -> list[Path]:
    """A folder and those above it in its repository, whose root comes last; else the folder."""
    above = [folder, *folder.parents]
    top = next((number for number, each in enumerate(above) if (each / ".git").exists()), 0)
    return above[: top + 1]
