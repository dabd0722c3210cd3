"""Which files the bot's process writes: they are its data, and no save of its author's.

Python raises an audit event before it opens, moves or removes a file
(https://docs.python.org/3/library/audit_events.html). What a library in C or another program
writes can't be seen here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BY_SQLITE = ("", "-journal", "-wal", "-shm")  # https://sqlite.org/tempfiles.html
# Each event's arguments that name a changed file, and where its folder's descriptor stands.
_CHANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, -1),),
    "os.utime": ((0, 3),),
    "shutil.rmtree": ((0, -1),),
}
_EVENTS = frozenset({"open", "sqlite3.connect", *_CHANGES})
# A folder that is moved or removed stands for all that is in it; what else befalls one does not.
_OF_FOLDERS = frozenset({"os.rename", "os.rmdir", "shutil.rmtree"})
_NO_FOLDER = -1
MOST_KEPT = 10_000  # names; then those of before are told again


def report_writes(root: str, tell: Callable[[str], None]) -> None:
    """From now on, call ``tell`` with each file below ``root`` that this process will change.

    Each is told once. It can't be undone: Python takes no audit hook back.
    """
    told: set[str] = set()
    inside = root.rstrip(os.sep) + os.sep

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS:
            return
        for path in _changed(event, arguments):
            if path in told or not path.startswith(inside):
                continue
            if event not in _OF_FOLDERS and os.path.isdir(path):  # noqa: PTH112 - within an open(): no object more than needed
                continue
            if len(told) >= MOST_KEPT:
                told.clear()
            told.add(path)
            tell(path)

    sys.addaudithook(hook)


def _changed(event: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITES:
            yield from _names(path)
    elif event == "sqlite3.connect":
        for name in _names(arguments[0]):
            plain = name.partition("?")[0]
            yield from (plain + end for end in _BY_SQLITE)
    else:
        for number, folder in _CHANGES[event]:
            # With a folder's descriptor the name is not the path; rmtree names the whole before.
            if folder == _NO_FOLDER or _given(arguments, folder) in (_NO_FOLDER, None):
                yield from _names(_given(arguments, number))


def _given(arguments: tuple[Any, ...], number: int) -> Any:
    return arguments[number] if number < len(arguments) else None


def _names(path: Any) -> Iterator[str]:
    """The path as written, and where links lead it; none for a descriptor."""
    if not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.fsdecode(path).removeprefix("file:")
    if name and not name.startswith(("/dev/", ":memory:")):
        yield os.path.abspath(name)  # noqa: PTH100 - the link's own name
        yield os.path.realpath(name)
