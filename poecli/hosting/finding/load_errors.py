"""What went wrong while the author's file was loaded, and whose fault it is."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path

from poecli.config.python.interpreter import install_line
from poecli.config.requirements import requirements
from poecli.config.target import Target
from poecli.errors import BotLoadError, PoeCliError
from poecli.hosting.author.errors import variable_behind
from poecli.hosting.author.frames import (
    author_place,
    cut_traceback,
    is_author_file,
    text_to_show,
)
from poecli.hosting.author.sdk_features import sdk_hint
from poecli.hosting.sandbox.modal.mounts import mounts_elsewhere
from poecli.hosting.sandbox.modal.standin import modal_hint
from poecli.suggestions import shown_path


class FailedInside(BotLoadError):
    """The author's own code raised; ``detail`` is its traceback, their frames only."""

    id = "failed-inside"


class NotPython(BotLoadError):
    """A file of the author's does not compile; the message names file and line."""

    id = "syntax-error"


class MissingPackage(BotLoadError):
    """A package the author's code needs is not installed; the hint is the pip line."""

    id = "missing-package"


class MissingVariable(BotLoadError):
    """The author's code reads an environment variable that is not set."""

    id = "missing-variable"


class Exited(BotLoadError):
    """The author's code called sys.exit while it was loaded."""

    id = "exited"


# The names of import and package differ; only where the import's name would install something else
# or nothing.
_PACKAGE_NAMES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "discord": "discord.py",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "serpapi": "google-search-results",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}


def translate(error: BaseException, target: Target) -> PoeCliError:
    """The error to show for what came out of the author's file."""
    if isinstance(error, PoeCliError):
        return error
    if isinstance(error, SyntaxError) and is_author_file(error.filename or "<>"):
        return _not_python(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = _missing_package(error, error.name, target)
        if missing is not None:
            return missing
    if isinstance(error, KeyError) and _came_from_environment(error):
        return _missing_variable(error)
    if isinstance(error, SystemExit):
        return Exited(
            f"{target} exited while it was loading: sys.exit({error.code!r}).",
            why=_at(error),
            hint="Raise an error that names what is missing, or move the check into the bot.",
        )
    return FailedInside(
        text_to_show(f"{target} could not be loaded: {_last_line(error)}"),
        why=_at(error),
        detail=cut_traceback(error),
        hint=modal_hint(error)
        or sdk_hint(error)
        or _of_a_mount(error, target)
        or variable_behind(error)
        or f"Fix {author_place(error) or target}; the error is in your code, not in poe.",
    )


def _of_a_mount(error: BaseException, target: Target) -> str:
    """Where a file is missing that only Modal's container has."""
    missing = error.filename if isinstance(error, OSError) else None
    mounts = mounts_elsewhere([target.file]) if missing else []
    return next((mount.remark for mount in mounts if mount.holds(missing)), "")


def _at(error: BaseException) -> str:
    place = author_place(error)
    return f"It happened at {place}." if place else ""


def _last_line(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]


def _not_python(error: SyntaxError) -> NotPython:
    place = f"{shown_path(error.filename or '')}:{error.lineno}"
    return NotPython(
        f"{place}: {type(error).__name__}: {error.msg}.",
        why="Python can't compile the file.",
        detail=text_to_show("".join(traceback.format_exception_only(type(error), error)).rstrip()),
        hint="Fix that line and save.",
    )


def _missing_variable(error: KeyError) -> MissingVariable:
    name = str(error.args[0])
    return MissingVariable(
        f"The environment variable {name} is not set.",
        why=_at(error).replace("It happened", "It is read"),
        detail=cut_traceback(error),
        hint=f"Add {name}=… to the project's .env file.",
    )


def _came_from_environment(error: KeyError) -> bool:
    """Whether os.environ[...] raised it, and not a dict of the author's."""
    frames = list(traceback.walk_tb(error.__traceback__))
    reader = os.environ.__getitem__.__code__
    return bool(frames) and frames[-1][0].f_code is reader


def _missing_package(error: ImportError, name: str, target: Target) -> MissingPackage | None:
    """None when the missing module is one of the author's own, or part of what is installed."""
    top = name.partition(".")[0]
    own = target.import_root / top
    if own.is_dir() or own.with_suffix(".py").is_file() or top in sys.modules:
        return None
    if elsewhere := _folder_above(top, target):
        return MissingPackage(
            f"The module {top} is not found.",
            why=f"{author_place(error) or target} imports it; {elsewhere} exists, but is not on "
            f"Python's path when the bot runs from its own folder.",
            detail=cut_traceback(error),
            hint=f"PYTHONPATH={shlex.quote(str(elsewhere.parent))} poe dev, or move it beside "
            f"{target.file.name}.",
        )
    package = _PACKAGE_NAMES.get(top, top)
    requirement, file = _requirement(package, top, target)
    return MissingPackage(
        f"The package {top} is not installed.",
        why=f"{author_place(error) or target} imports it"
        + (f"; {shown_path(str(file))} lists it." if file else "."),
        detail=cut_traceback(error),
        hint=install_line(requirement),
    )


def _folder_above(top: str, target: Target) -> Path | None:
    """The author's own module of that name further up in the repository; None without one."""
    for folder in target.import_root.parents:
        for place in (folder / top, folder / f"{top}.py"):
            if place.is_file() or (place.is_dir() and any(place.glob("*.py"))):
                return place
        if (folder / ".git").exists():
            break
    return None


def _requirement(package: str, top: str, target: Target) -> tuple[str, Path | None]:
    """The author's own requirement for a package, and the file it stands in."""
    for each in requirements(target.root, target.file):
        # A lock file says what goes together, and one package alone may be newer.
        if each.is_for(package, top) and each.file.suffix != ".lock":
            return each.text, each.file
    return package, None
