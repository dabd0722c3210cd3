"""What the author typed -> the file, the name in it, and the project's folder.

Imports nothing of fastapi_poe: the parent of `poe dev` and `poe chat` use it too.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from poecli.config.bot_files import (
    CUSTOMARY_NAMES,
    bot_files,
    customary_files,
    files_with_a_bot,
)
from poecli.config.paths import home_folder
from poecli.config.project import BotEntry, find_project
from poecli.errors import BotLoadError
from poecli.suggestions import closest, shell_word

_ATTRIBUTE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
_RELATIVE_IMPORT = re.compile(rb"^[ \t]*from[ \t]+(\.+)[ \t]*[\w.]*[ \t]+import\b", re.MULTILINE)
_PYTHON = (".py", ".pyw")
_SOURCES = "src"
# What lies in the folder of a project, whatever tool keeps it.
_PROJECT_MARKS = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile", ".env")
_MOST_ABOVE = 2  # for bots/echo/main.py; further up a repository holds more than one project


class NoSuchTarget(BotLoadError):
    """The file or folder isn't there."""

    id = "no-such-file"


class NoBotFound(BotLoadError):
    """There is a file or folder, and no bot in it; ``why`` says what was found."""

    id = "no-bot"


class SeveralBots(BotLoadError):
    """More than one could be meant; ``detail`` lists them, the hint shows how to name one."""

    id = "several-bots"


@dataclass(frozen=True)
class Target:
    """A file with a bot, and where it runs.

    ``root`` is the project's folder, whatever way the bot was named: that of poe.toml, else of
    pyproject.toml and the like, else the one that the file is imported from. It is the working
    directory of the bot. ``module`` is the name the file is imported under, ``import_root`` the
    folder that goes to the front of `sys.path` for it.
    """

    file: Path
    attribute: str | None
    root: Path
    module: str
    import_root: Path

    @classmethod
    def parse(cls, text: str, cwd: Path) -> Target:
        """Read a folder, a file, ``file.py:name`` or ``package.module:name``.

        A folder's ``poe.toml`` may name the target; else its main.py, app.py, bot.py or
        modal_app.py, or the only file with a bot, there or below. Raises NoSuchTarget,
        NoBotFound, SeveralBots, and ProjectFileError for a broken poe.toml.
        """
        cwd = cwd.resolve()
        path, attribute = _split(text.strip() or ".", cwd)
        if path.is_dir():
            return _in_folder(path, attribute)
        if path.is_file():
            if path.suffix not in _PYTHON:
                raise NoBotFound(
                    f"{path.name} is not a Python file.",
                    why="A bot is a file that ends in .py, or a folder with one.",
                    hint=_near(path.parent) or "Name a folder, a Python file or module:name.",
                )
            return _of_file(path, attribute)
        raise NoSuchTarget(
            f"There is no {text!r} here.",
            why=f"Looked for {path}.",
            hint=near_bot(path) or _near(cwd) or "Name a folder, a Python file or module:name.",
        )

    def __str__(self) -> str:
        file = self.file
        shown = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        return f"{shown.as_posix()}:{self.attribute}" if self.attribute else shown.as_posix()


def _split(text: str, cwd: Path) -> tuple[Path, str | None]:
    """The path and the name after the last colon (the first may belong to a Windows drive)."""
    whole = cwd / text
    head, colon, tail = text.rpartition(":")
    if not colon or not head or not _ATTRIBUTE.match(tail) or whole.exists():
        return whole, None
    return _module_path(head, cwd), tail


def _module_path(head: str, cwd: Path) -> Path:
    """The file of a path or of a dotted module name, which may be below src/."""
    path = cwd / head
    if path.exists() or head.endswith(".py") or not _ATTRIBUTE.match(head):
        return path
    bases = [folder.joinpath(*head.split(".")) for folder in (cwd, cwd / _SOURCES)]
    files = [f for base in bases for f in (base / "__init__.py", base.with_suffix(".py"))]
    return next(filter(Path.is_file, files), bases[0].with_suffix(".py"))


def _in_folder(folder: Path, attribute: str | None) -> Target:
    project = find_project(folder)
    # A folder below the project's own may hold another bot; only a bare one means the project.
    means_project = project.root == folder or not bot_files(folder)
    if project.target is None or not means_project:
        return _of_file(_only_file(folder), attribute)
    path, named = _split(project.target, project.root)
    if path.is_dir():
        return _of_file(_only_file(path), attribute or named)
    if not path.is_file():
        raise NoSuchTarget(
            f"{project.file}: the target {project.target!r} does not exist.",
            why=f"Looked for {path}.",
            hint=f"Fix the target there.{_near(project.root, ' ')}",
        )
    return _of_file(path, attribute or named)


def _only_file(folder: Path) -> Path:
    """The file of a folder that is meant when only the folder was named."""
    first, *others = files = files_in(folder)
    if not others:
        return first
    names = [file.relative_to(folder).as_posix() for file in files]
    is_here = any(file.parent == folder for file in files)
    raise SeveralBots(
        f"{folder} contains several files with a bot.",
        why=f"None of them is called {', '.join(CUSTOMARY_NAMES)}."
        if is_here
        else "They are in folders below it.",
        detail="\n".join(names),
        hint=f"Name one: {shell_word(names[0])}",
    )


def files_in(folder: Path) -> list[Path]:
    """The bot files of a folder: one, unless it is open which is meant. Raises NoBotFound."""
    # A file with the name of one may get its bot from an installed package.
    if files := bot_files(folder) or customary_files(folder)[:1]:
        return files
    found = ", ".join(file.name for file in sorted(folder.glob("*.py"))[:10])
    raise NoBotFound(
        f"There is no bot in {folder}.",
        why=f"Its Python files are: {found}." if found else "It contains no Python file.",
        hint="Name the bot's file, or create one: poe new",
    )


def entries_of(target: Target, path: str) -> list[BotEntry]:
    """The tables of poe.toml for what a target serves at a path.

    Those that name it, else those that name its file, else those without a target.
    """
    entries = [each for each in find_project(target.root).bots.values() if each.path == path]
    at = [(each, _place(each.target, target.root)) for each in entries if each.target]
    return (
        [entry for entry, place in at if place == (target.file, target.attribute)]
        or [e for e, (file, name) in at if file == target.file and None in (name, target.attribute)]
        or [entry for entry in entries if entry.target is None]
    )


def _place(text: str, root: Path) -> tuple[Path | None, str | None]:
    with contextlib.suppress(BotLoadError):
        target = Target.parse(text, root)
        return target.file, target.attribute
    return None, None


def is_source_folder(folder: Path) -> bool:
    """Whether a folder is a part of a project: a package, or src/."""
    return folder.name == _SOURCES or (folder / "__init__.py").is_file()


def _of_file(file: Path, attribute: str | None) -> Target:
    file = file.resolve()
    import_root, module = file.parent, file.stem
    package_folders = _relative_dots(file)  # that it counts on, with an __init__.py or without
    # A file of a package is imported by its full name, so that relative imports work.
    while package_folders > 0 or (import_root / "__init__.py").is_file():
        if import_root.parent == import_root or "." in import_root.name:
            break
        module = f"{import_root.name}.{module}"
        import_root = import_root.parent
        package_folders -= 1
    module = module.removesuffix(".__init__")
    project = find_project(file.parent)
    root = project.root if project.file is not None else _marked_root(file.parent, import_root)
    return Target(file, attribute, root, module, import_root)


def _relative_dots(file: Path) -> int:
    """The most dots before a name that the file imports: `from ..words import HI` has two."""
    with contextlib.suppress(OSError):
        # Not parsed: a worker reads its target while a request waits for the new code.
        return max(map(len, _RELATIVE_IMPORT.findall(file.read_bytes())), default=0)
    return 0


def _marked_root(folder: Path, import_root: Path) -> Path:
    """The nearest folder with a mark of a project, a little above the import root at most."""
    above = [folder, *folder.parents]
    for each in above[: above.index(import_root) + _MOST_ABOVE + 1]:
        # A user's own folder holds projects, and is none.
        if each != home_folder() and any((each / mark).is_file() for mark in _PROJECT_MARKS):
            return each
        if (each / ".git").exists():
            break
    place = import_root.parent if import_root.name == _SOURCES else import_root
    return folder if place == home_folder() else place


def near_bot(path: Path) -> str:
    """A hint that names the folder or Python file of nearly that name; empty when there is none."""
    with contextlib.suppress(OSError):
        beside = [each.name for each in path.parent.iterdir() if _is_like_a_bot(each)]
        near = closest(path.name, beside)
        return f"Did you mean {near!r}?" if near else ""
    return ""


def _is_like_a_bot(path: Path) -> bool:
    """Whether a bot may be meant by its name: a Python file, or a folder that is not hidden."""
    return path.suffix in _PYTHON or (path.is_dir() and not path.name.startswith("."))


def _near(folder: Path, before: str = "") -> str:
    """A hint that lists the folder's files with a bot; empty when there is none."""
    names = [file.name for file in files_with_a_bot(folder)] if folder.is_dir() else []
    return f"{before}Files with a bot here: {', '.join(names[:5])}." if names else ""
