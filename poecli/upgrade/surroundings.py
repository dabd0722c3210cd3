"""What the other files of a folder have to do with one of them; nothing is run."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from poecli.source.python_file import PythonFile


@dataclass(frozen=True)
class Surroundings:
    """``modules`` are the author's own that a file imports, by themselves or by each other.

    ``wanted`` are names that other files import from it. In a package neither is looked for: its
    files go to Modal together.
    """

    modules: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, file: Path) -> Surroundings:
        """Of a file on disk."""
        others = [each for each in file.parent.glob("*.py") if each != file]
        wanted = {name for other in others for name in _names_from(other, file.stem)}
        if (file.parent / "__init__.py").exists():
            return cls(wanted=frozenset(wanted))
        return cls(frozenset(_own_modules(file)), frozenset(wanted))


ALONE = Surroundings()


def _own_modules(file: Path) -> set[str]:
    """The first names of what it leads to, beside it."""
    found: set[str] = set()
    rest = [file]
    while rest:
        for name, level in _read(rest.pop()).imports():
            module = name.split(".")[0]
            if level or not module or module in found or module == file.stem:
                continue
            places = (
                file.parent / f"{module}.py",
                file.parent / module / "__init__.py",
            )
            if own := [place for place in places if place.is_file()]:
                found.add(module)
                rest += own
    return found


def _names_from(other: Path, module: str) -> set[str]:
    imported = (name for name, _ in _read(other).imports())
    return {name.rpartition(".")[2] for name in imported if name.rpartition(".")[0] == module}


def _read(file: Path) -> PythonFile:
    with contextlib.suppress(OSError):
        return PythonFile.read(file)
    return PythonFile("")
