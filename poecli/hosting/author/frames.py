"""Whose code a frame belongs to, and tracebacks cut to the author's own frames."""

from __future__ import annotations

import gc
import os
import site
import sysconfig
import traceback
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import FrameType

import poecli
from poecli.config.redaction import without_secrets
from poecli.suggestions import shown_path

_LONGEST_END = 32 * 1024  # characters, at both ends of a text
_PACKAGE_FOLDERS = {"site-packages", "dist-packages"}


def _library_roots() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    roots = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    roots |= {*site.getsitepackages(), site.getusersitepackages()}
    roots.add(str(Path(poecli.__file__).parent))
    return tuple(_plain(root) + os.sep for root in roots)


def _plain(path: str) -> str:
    """A path that compares: links followed, and on Windows in small letters."""
    return os.path.normcase(os.path.realpath(path))


_LIBRARIES = _library_roots()


@lru_cache(maxsize=4096)
def is_third_party(filename: str) -> bool:
    """Whether a file was installed as a package."""
    return not _PACKAGE_FOLDERS.isdisjoint(Path(filename).parts)


@lru_cache(maxsize=4096)
def is_author_file(filename: str) -> bool:
    """Whether a file is neither Python's, nor a package's, nor ours."""
    if filename.startswith(("<", *_LIBRARIES)) or is_third_party(filename):
        return False
    return not _plain(filename).startswith(_LIBRARIES)


def author_place(error: BaseException) -> str | None:
    """``file:line`` of the innermost frame of the author's in an error's traceback."""
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_author_file(frame.f_code.co_filename):
            place = f"{shown_path(frame.f_code.co_filename)}:{line}"
    return place


def calling_place(frame: FrameType | None) -> str | None:
    """``file:line`` of the nearest frame of the author's that leads to ``frame``."""
    while frame is not None:
        if is_author_file(frame.f_code.co_filename):
            return f"{shown_path(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return None


def waiting_place(awaited: object) -> str | None:
    """``file:line (function)`` of the innermost frame of the author's in a chain of awaits."""
    place = None
    while awaited is not None:
        frame = next((f for n in _FRAMES if (f := getattr(awaited, n, None)) is not None), None)
        if frame is not None and is_author_file(frame.f_code.co_filename):
            place = (
                f"{shown_path(frame.f_code.co_filename)}:{frame.f_lineno} ({frame.f_code.co_name})"
            )
        following = next((a for n in _AWAITS if (a := getattr(awaited, n, None)) is not None), None)
        if following is None and type(awaited).__name__.startswith("async_generator_a"):
            # What `async for` awaits names its generator to the collector only.
            following = next((o for o in gc.get_referents(awaited) if hasattr(o, "ag_frame")), None)
        awaited = following
    return place


_FRAMES = ("ag_frame", "cr_frame", "gi_frame")
_AWAITS = ("ag_await", "cr_await", "gi_yieldfrom")


def cut_traceback(error: BaseException) -> str:
    """The traceback with the author's frames only, keys masked; causes are cut alike."""
    whole = traceback.TracebackException.from_exception(error)
    for part in _with_causes(whole, set()):
        _keep_own_frames(part)
    return text_to_show("".join(whole.format()).rstrip())


def _with_causes(
    part: traceback.TracebackException, seen: set[int]
) -> Iterable[traceback.TracebackException]:
    if id(part) in seen:
        return
    seen.add(id(part))
    yield part
    # Groups of exceptions exist from Python 3.11 on.
    members = getattr(part, "exceptions", None) or []
    for inner in (part.__cause__, part.__context__, *members):
        if inner is not None:
            yield from _with_causes(inner, seen)


def _keep_own_frames(part: traceback.TracebackException) -> None:
    own = [frame for frame in part.stack if is_author_file(frame.filename)]
    for frame in own:
        _ = frame.line  # read now: it is looked up under the full name
        frame.filename = shown_path(frame.filename)
    part.stack[:] = own


def text_to_show(text: str) -> str:
    """A text without the values of environment variables that hold keys, each by its name.

    Of a long one its two ends: an error may hold the whole file that its author read.
    """
    left_out = len(text) - 2 * _LONGEST_END
    if left_out <= 2 * _LONGEST_END:
        return without_secrets(text, os.environ)
    # Twice as much is masked as is kept: what is cut in the middle of a key goes.
    ends = text[: 2 * _LONGEST_END], text[-2 * _LONGEST_END :]
    begin, end = (without_secrets(part, os.environ) for part in ends)
    middle = f"\n… {left_out:,} characters are left out …\n"
    return begin[:-_LONGEST_END] + middle + end[_LONGEST_END:]
