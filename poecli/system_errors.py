"""What the operating system refuses, in plain words: no number, no second path, what to do next."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import NamedTuple

from poecli.errors import PoeCliError, UsageError
from poecli.suggestions import shown_path


class _Words(NamedTuple):
    reason: str
    hint: str


_NOT_PERMITTED = _Words("permission denied", "Change its permissions, or choose another place.")
_ROOM = "Free some disk space."
_ELSEWHERE = "Choose another place."
_LIMIT = "Raise the limit and start again: ulimit -n 4096"
_WORDS = {
    errno.EACCES: _NOT_PERMITTED,
    errno.EPERM: _NOT_PERMITTED,
    errno.ENOENT: _Words("no such file or folder", "Check the path."),
    errno.EEXIST: _Words("a file is where a folder has to be", _ELSEWHERE),
    errno.EISDIR: _Words("it is a folder, not a file", "Name a file."),
    errno.ENOTDIR: _Words("a part of the path is a file, not a folder", "Check the path."),
    errno.ENAMETOOLONG: _Words("the name is too long", "Choose a shorter one."),
    errno.ELOOP: _Words(
        "a link in the path leads in a circle, or must not be followed",
        "Put what is meant in the place of the link.",
    ),
    errno.ENOSPC: _Words("the disk is full", _ROOM),
    errno.EDQUOT: _Words("your quota on this disk is used up", _ROOM),
    errno.EFBIG: _Words("the file size limit of this shell is too low", "ulimit -f unlimited"),
    errno.EROFS: _Words("the disk is read-only", _ELSEWHERE),
    errno.EMFILE: _Words("too many files are open", _LIMIT),
    errno.ENFILE: _Words("too many files are open", _LIMIT),
    errno.ENOEXEC: _Words("this machine can't run such a program", "Name another program."),
    errno.EADDRINUSE: _Words("another program is using the port", "Choose another port."),
    errno.EADDRNOTAVAIL: _Words("this machine has no such address", "Choose another address."),
    errno.ECONNREFUSED: _Words("nothing listens there", "Start the server, or check the port."),
}
_NOT_TEXT = _Words("it is not UTF-8 text", "Save it as UTF-8 text.")
_UNKNOWN_HINT = "Check the path, and the disk that it is on."


def reason_of(error: Exception) -> str:
    """Why something was refused, as it follows a colon; of other errors their own words."""
    return _words_of(error).reason


def why_of(error: Exception) -> str:
    """`reason_of` as a sentence."""
    said = reason_of(error)
    return said if said == str(error) else f"{said[:1].upper()}{said[1:]}."


def explained(error: Exception, *, hint: str = "") -> dict[str, str]:
    """``why`` and ``hint`` of the error that tells of it; ``hint`` where more is known."""
    return {"why": why_of(error), "hint": hint or _words_of(error).hint}


def unusable(
    file: Path | str,
    done: str,
    error: Exception,
    *,
    hint: str = "",
    kind: type[PoeCliError] = UsageError,
) -> PoeCliError:
    """The error for a file that can't be ``done``: "read", "written"."""
    return kind(f"{shown_path(file)} can't be {done}.", **explained(error, hint=hint))


def _words_of(error: Exception) -> _Words:
    if isinstance(error, UnicodeDecodeError):
        return _NOT_TEXT
    if not isinstance(error, OSError) or not error.strerror:
        return _Words(str(error), "")
    system = _Words(f"{error.strerror[:1].lower()}{error.strerror[1:]}".rstrip("."), _UNKNOWN_HINT)
    # The numbers of ssl's errors and of the resolver's are others.
    is_numbered = type(error).__module__ == OSError.__module__
    return _WORDS.get(error.errno or 0, system) if is_numbered else system
