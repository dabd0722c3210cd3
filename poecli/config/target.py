"""What the author typed -> the file, the name in it, and the project's folder.

Imports nothing of fastapi_poe: the parent of `poe dev` and `poe chat` use it too.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from poecli.config.project import find_project
from poecli.errors import BotLoadError
from poecli.source.python_file import PythonFile, dotted

CUSTOMARY_NAMES = ("main.py", "app.py", "bot.py", "modal_app.py")
_ATTRIBUTE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
_MARKS = ("fastapi_poe", "PoeBot")  # a file without either holds no bot of its own
_PYTHON = (".py", ".pyw")
_NO_PACKAGES = ("tests", "test", "src", "node_modules")
_TOO_LARGE = 1_000_000  # bytes; nobody writes such a bot by hand


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

    ``root`` is the project's folder: the working directory of the bot. ``module`` is the name the
    file is imported under, ``import_root`` the folder that goes to the front of `sys.path` for it.
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
        modal_app.py, or the only file with a bot, there or in its packages. Raises NoSuchTarget,
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
            hint=_near(cwd) or "Name a folder, a Python file or module:name.",
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
    """The file of a path or of a dotted module name."""
    path = cwd / head
    if path.exists() or head.endswith(".py") or not _ATTRIBUTE.match(head):
        return path
    base = cwd.joinpath(*head.split("."))
    package = base / "__init__.py"
    return package if package.is_file() else base.with_suffix(".py")


def _in_folder(folder: Path, attribute: str | None) -> Target:
    project = find_project(folder)
    # A folder below the project's own may hold another bot; only a bare one means the project.
    means_project = project.root == folder or not any(_files_with_a_bot(folder))
    if project.dev.target is not None and means_project:
        path, named = _split(project.dev.target, project.root)
        if path.is_dir():
            return _of_file(_choose(path), attribute or named)
        if not path.is_file():
            raise NoSuchTarget(
                f"{project.file}: the target {project.dev.target!r} does not exist.",
                why=f"Looked for {path}.",
                hint=f"Fix target in the [dev] table.{_near(project.root, ' ')}",
            )
        return _of_file(path, attribute or named)
    return _of_file(_choose(folder), attribute)


def _choose(folder: Path) -> Path:
    """The file of a folder that is meant when only the folder was named."""
    customary = [folder / name for name in CUSTOMARY_NAMES if (folder / name).is_file()]
    for file in customary:
        if mentions_a_bot(file):
            return file
    with_bot = list(_files_with_a_bot(folder))
    if len(with_bot) == 1:
        return with_bot[0]
    if with_bot:
        raise SeveralBots(
            f"{folder} contains several files with a bot.",
            why="None of them is called main.py, app.py or bot.py.",
            detail="\n".join(file.name for file in with_bot),
            hint=f"Name one: {with_bot[0].name}",
        )
    if customary:
        # It may get its bot from elsewhere: a file of the author's own, an installed package.
        return next(filter(leads_to_a_bot, customary), customary[0])
    below = list(_files_below(folder))
    if len(below) == 1:
        return below[0]
    found = ", ".join(file.name for file in sorted(folder.glob("*.py"))[:10])
    raise NoBotFound(
        f"There is no bot in {folder}.",
        why=f"Its Python files are: {found}." if found else "It contains no Python file.",
        hint=_below(folder) or "Name the bot's file, or create one: poe new",
    )


def leads_to_a_bot(file: Path) -> bool:
    """Whether a file, or one of the author's own that it imports, uses a bot; nothing is run."""
    seen: set[Path] = set()
    rest = [file]
    while rest:
        one = rest.pop()
        if one in seen:
            continue
        seen.add(one)
        if mentions_a_bot(one):
            return True
        rest += _own_imports(one)
    return False


def _own_imports(file: Path) -> Iterator[Path]:
    """The files beside this one, or in packages beside it, that it imports."""
    with contextlib.suppress(OSError):
        for name, level in PythonFile.read(file).imports():
            base = file.parents[max(level - 1, 0)] if level <= len(file.parents) else file.parent
            path = base.joinpath(*filter(None, name.split(".")))
            found = (path.with_suffix(".py"), path / "__init__.py") if name else ()
            yield from (candidate for candidate in found if candidate.is_file())


def _files_below(folder: Path) -> Iterator[Path]:
    """Files with a bot in the packages of a folder, and in those below its src/."""
    for place in (folder, folder / "src"):
        for package in sorted(place.glob("*/__init__.py")):
            if package.parent.name not in _NO_PACKAGES:
                yield from _files_with_a_bot(package.parent)


def _below(folder: Path) -> str:
    """A hint that names the folders one level down that hold a bot; empty when there is none."""
    names = [
        below.name
        for below in sorted(folder.iterdir())
        if below.is_dir() and not below.name.startswith(".") and any(_files_with_a_bot(below))
    ]
    return f"Name a folder with a bot: {', '.join(names[:5])}" if names else ""


def mentions_a_bot(file: Path) -> bool:
    """Whether a file names fastapi_poe or PoeBot at all, without running it."""
    try:
        if file.stat().st_size > _TOO_LARGE:
            return False
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(mark in text for mark in _MARKS)


def _files_with_a_bot(folder: Path) -> Iterator[Path]:
    """Files of the folder itself that use a bot and are no test of one."""
    for file in sorted(folder.glob("*.py")):
        is_test = file.name.startswith("test_") or file.name in {"conftest.py", "setup.py"}
        if not is_test and mentions_a_bot(file) and _defines_a_bot(file):
            yield file


def _defines_a_bot(file: Path) -> bool:
    """Whether a file has a subclass of PoeBot or serves one; a broken file counts as one."""
    source = PythonFile.read(file)
    if source.error or source.bot_classes or any(source.calls("make_app")):
        return True
    return any(dotted(call.func) == "fp.run" for call in source.calls("run"))


def _of_file(file: Path, attribute: str | None) -> Target:
    file = file.resolve()
    project = find_project(file.parent)
    import_root, module = file.parent, file.stem
    while (import_root / "__init__.py").is_file() and import_root.parent != import_root:
        # A file of a package is imported by its full name, so that relative imports work.
        module = f"{import_root.name}.{module}"
        import_root = import_root.parent
    module = module.removesuffix(".__init__")
    root = project.root if project.file is not None else import_root
    return Target(file, attribute, root, module, import_root)


def _near(folder: Path, before: str = "") -> str:
    """A hint that lists the folder's files with a bot; empty when there is none."""
    names = [file.name for file in _files_with_a_bot(folder)] if folder.is_dir() else []
    return f"{before}Files with a bot here: {', '.join(names[:5])}." if names else ""
