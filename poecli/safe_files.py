"""Files written whole or not at all, and files appended to line by line; readable after any kill.

A process that is killed can leave a partial file, which nobody reads, or half of a last line,
which readers pass over and the next writer closes. What was written before an answer went out is
in the system's hands, so a killed process loses none of it. No link is followed where a file is
made: whoever may write to the folder could point it anywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poecli.protocol.foreign_json import loads

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BINARY = getattr(os, "O_BINARY", 0)  # Windows' own
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # which it has not
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK | _BINARY
_HOLDING = os.O_RDWR | os.O_CREAT | _NO_LINK | _BINARY
_FAR = 1 << 30  # on Windows nobody else can read a byte that is locked
_MOST_WORDS = 4096
# Made once: json.dumps makes one for each value, at the cost of a small value itself.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_OWNERS_FOLDER, _OWNERS_FILE, _ANYBODYS_FILE = 0o700, 0o600, 0o666


def make_private(folder: Path) -> None:
    """Make a folder, and those missing above it, that only their owner can look into.

    Raises OSError, also for a link in the folder's place.
    """
    if folder.is_symlink():
        raise NotADirectoryError(f"{folder} is a link, and links are not followed here")
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_private(folder.parent)
        with contextlib.suppress(FileExistsError):  # another process was first
            folder.mkdir(mode=_OWNERS_FOLDER)


def close_to_others(folder: Path) -> None:
    """Take away what an older version let others see of a folder; a missing one stays so."""
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(folder.lstat().st_mode)
        if folder.is_dir() and not folder.is_symlink() and mode & 0o077:
            folder.chmod(mode & _OWNERS_FOLDER)


def keep_out_of_git(folder: Path) -> None:
    """The folder ignores itself, as the caches of mypy and ruff do; the author's file stays his."""
    make_private(folder)
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
        file.write("*\n")


def write_whole(file: Path, data: bytes, *, private: bool = True) -> None:
    """Put ``data`` at ``file``: readers see the old file or the new one. Raises OSError.

    The owner alone can read it, unless it is not ``private``: then it may do what a file that was
    there before might.
    """
    if private:
        make_private(file.parent)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
    # A process's number would be shared: two containers on one volume are both number 1.
    partial = file.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        descriptor = os.open(partial, _NEW, _OWNERS_FILE if private else _ANYBODYS_FILE)
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        if not private and file.is_file():
            partial.chmod(stat.S_IMODE(file.stat().st_mode))
        partial.replace(file)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(descriptor: int, *, wait: bool = True) -> Iterator[None]:
    """Hold an open file alone; the system lets go of it however the process ends.

    Raises BlockingIOError where another process holds it, and nobody is to ``wait``.
    """
    if sys.platform == "win32":
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            yield
        finally:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield  # closing the file lets go of it


class FileHeld(Exception):
    """Another process holds a file: by its own words in it."""


@contextlib.contextmanager
def held(file: Path, words: str) -> Iterator[None]:
    """What one process at a time may do; ``words`` tell those that come meanwhile who does it.

    The file stays, and means nothing once nobody holds it. Raises FileHeld and OSError.
    """
    with contextlib.ExitStack() as stack:
        descriptor = os.open(file, _HOLDING, _OWNERS_FILE)
        stack.callback(os.close, descriptor)
        try:
            stack.enter_context(locked(descriptor, wait=False))
        except BlockingIOError:
            told = os.read(descriptor, _MOST_WORDS).decode("utf-8", "replace")
            raise FileHeld(told) from None
        os.ftruncate(descriptor, 0)
        _write_all(descriptor, words.encode())
        yield


class JsonLines:
    """A private file of one JSON object a line, only ever appended to."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    def append(self, *records: dict[str, Any]) -> None:
        """Add records, in one write where the system takes it. Raises OSError."""
        self.write(b"".join(json_line(record) for record in records))

    def write(self, lines: bytes) -> None:
        """Add lines that are encoded already. Raises OSError."""
        try:
            _write_all(self._opened(), lines)
        except OSError:
            self.close()  # half a record may be there: the next one closes its line
            raise

    def status(self) -> os.stat_result:
        """Of the file, which is made where there was none. Raises OSError."""
        return os.fstat(self._opened())

    def _opened(self) -> int:
        if self._descriptor is None:
            make_private(self.file.parent)
            torn = self._is_torn()
            self._descriptor = os.open(self.file, _APPENDING, _OWNERS_FILE)
            if torn:
                _write_all(self._descriptor, b"\n")
        return self._descriptor

    def close(self) -> None:
        """Let go of the file; the next record opens it again, or a new one in its place."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    def read(self) -> Iterator[dict[str, Any]]:
        """Every whole record; lines that can't be read are passed over."""
        try:
            stream = self.file.open("rb")
        except FileNotFoundError:
            return
        with stream:
            for line in stream:
                try:
                    record = loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict):
                    yield record

    def _is_torn(self) -> bool:
        """True when the last line was not finished."""
        try:
            with self.file.open("rb") as stream:
                if not stream.seek(0, os.SEEK_END):
                    return False
                stream.seek(-1, os.SEEK_END)
                return stream.read(1) != b"\n"
        except FileNotFoundError:
            return False


def _write_all(descriptor: int, data: bytes) -> None:
    """As os.write, which on a disk that fills up writes what fits and says so by a number only."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def json_line(record: Mapping[str, Any]) -> bytes:
    """The line of a record."""
    # A text of this machine (a file's name) may hold what no encoding has.
    return _encode(record).encode("utf-8", "replace") + b"\n"
