"""Which files of a folder hold a bot: read, never run.

What serves a bot counts more than what only defines it: of files that import each other it is the
one that no other of them imports. Where a folder has none, those below it are looked at, packages,
`src/` and the subfolders of a monorepo alike, the nearest first.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from poecli.source.folders import is_environment
from poecli.source.python_file import PythonFile, dotted, last_name

CUSTOMARY_NAMES = ("main.py", "app.py", "bot.py", "modal_app.py")
_MARKS = ("fastapi_poe", "PoeBot")  # a file without either holds no bot of its own
_RUNNERS = {"fp.run", "fastapi_poe.run", "uvicorn.run"}
_PACKAGE_PROGRAM = "__main__.py"  # what `python -m package` runs
_NOT_SEARCHED = {"tests", "test", "node_modules", "site-packages", "venv", "env", "build", "dist"}
_TEST = re.compile(r"test_.*|.*_test\.py|conftest\.py")
_DEPTH = 3  # bots/echo/src
_MOST_FOLDERS = 500  # somebody stands in a folder of everything
_TOO_LARGE = 1_000_000  # bytes; nobody writes such a bot by hand


def bot_files(folder: Path) -> list[Path]:
    """The file with the bot of a folder; several where that is open; none where there is none."""
    return _chosen(folder) or _below(folder)


def files_with_a_bot(folder: Path) -> list[Path]:
    """Files of the folder itself that define or serve a bot, and are no test of one."""
    read = {
        file: PythonFile.read(file)
        for file in sorted(folder.glob("*.py"))
        if not (_TEST.match(file.name) or file.name == "setup.py") and _mentions_a_bot(file)
    }
    bases = {name for source in read.values() for name in source.bot_classes}
    return [file for file, source in read.items() if _defines_a_bot(source, bases)]


def customary_files(folder: Path) -> list[Path]:
    """Files with the names of bots. One may get its bot from elsewhere, an installed package."""
    return [folder / name for name in CUSTOMARY_NAMES if (folder / name).is_file()]


def leads_to_a_bot(file: Path) -> bool:
    """Whether a file, or one of the author's own that it imports, uses a bot; nothing is run."""
    return _mentions_a_bot(file) or any(map(_mentions_a_bot, _reached(file)))


def _chosen(folder: Path) -> list[Path]:
    """The file that is meant where the folder alone is named; all that could be."""
    customary, with_bot = customary_files(folder), files_with_a_bot(folder)
    if (program := folder / _PACKAGE_PROGRAM) in with_bot:
        return [program]
    for file in customary:
        if _mentions_a_bot(file):
            return [file]
    if not with_bot:
        return [file for file in customary if leads_to_a_bot(file)][:1]
    parts = {part for file in with_bot for part in _reached(file)} if with_bot[1:] else set()
    return [file for file in with_bot if file not in parts] or with_bot


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    level, folders_left = [folder], _MOST_FOLDERS
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _subfolders(outer)][:folders_left]
        folders_left -= len(level)
        here = {inner: _chosen(inner) for inner in level}
        found += [file for files in here.values() for file in files]
        # What lies below a folder with a bot is a part of that bot.
        level = [inner for inner, files in here.items() if not files]
    return found


def _subfolders(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [
            inner
            for inner in sorted(folder.iterdir())
            if inner.name not in _NOT_SEARCHED
            and not inner.name.startswith((".", "__"))
            and inner.is_dir()
            and not inner.is_symlink()
            and not is_environment(inner)
        ]
    return []


def _reached(file: Path) -> Iterator[Path]:
    """The author's own files that a file imports, and those that they import, as they are found."""
    seen = {file}
    rest = [file]
    while rest:
        for found in _own_imports(rest.pop()):
            if found not in seen:
                seen.add(found)
                rest.append(found)
                yield found


def _own_imports(file: Path) -> Iterator[Path]:
    """The files beside this one, in packages beside it, or in its own package, that it imports."""
    top = file.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    with contextlib.suppress(OSError):
        status = file.stat()
        for name, level in _imports(file, status.st_mtime_ns, status.st_size):
            above = file.parents[min(level, len(file.parents)) - 1] if level else file.parent
            for base in dict.fromkeys((above,) if level else (above, top)):
                path = base.joinpath(*filter(None, name.split(".")))
                found = (path.with_suffix(".py"), path / "__init__.py") if name else ()
                yield from (candidate for candidate in found if candidate.is_file())


@lru_cache(maxsize=1000)  # a file is reached from many others of its package
def _imports(file: Path, _mtime_ns: int, _size: int) -> tuple[tuple[str, int], ...]:
    return tuple(PythonFile.read(file).imports())


def _mentions_a_bot(file: Path) -> bool:
    try:
        if file.stat().st_size > _TOO_LARGE:
            return False
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(mark in text for mark in _MARKS)


def _defines_a_bot(source: PythonFile, bases: set[str]) -> bool:
    """Whether a file has a bot class, of these bases too, or serves one; a broken one may."""
    classes = source.all(ast.ClassDef)
    return bool(
        source.error
        or source.bot_classes
        or any(source.calls("make_app"))
        or any(dotted(call.func) in _RUNNERS for call in source.calls("run"))
        or any(last_name(base) in bases for each in classes for base in each.bases)
    )
