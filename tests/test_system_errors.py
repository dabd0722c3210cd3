"""What the system refuses is told in plain words, by every command alike."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from pathlib import Path

import pytest

from poecli.errors import ProjectFileError
from poecli.system_errors import explained, reason_of, unusable, why_of
from poecli.turns.kept import KeptAnswer
from poecli.turns.writing import TurnWriter
from tests.poe import poe, user_env

LONG = "x" * 300
SYSTEMS_OWN = re.compile(r"\[(?:Errno|WinError) \d+\]|Error\(|No such file or directory")

KINDS = [
    (errno.EACCES, "permission denied", "Change its permissions, or choose another place."),
    (errno.EPERM, "permission denied", "Change its permissions, or choose another place."),
    (errno.ENOENT, "no such file or folder", "Check the path."),
    (errno.EEXIST, "a file is where a folder has to be", "Choose another place."),
    (errno.EISDIR, "it is a folder, not a file", "Name a file."),
    (errno.ENOTDIR, "a part of the path is a file, not a folder", "Check the path."),
    (errno.ENAMETOOLONG, "the name is too long", "Choose a shorter one."),
    (errno.ENOSPC, "the disk is full", "Free some disk space."),
    (errno.EROFS, "the disk is read-only", "Choose another place."),
    (errno.EADDRINUSE, "another program is using the port", "Choose another port."),
    (errno.EMFILE, "too many files are open", "Raise the limit and start again: ulimit -n 4096"),
    (errno.EIO, os.strerror(errno.EIO).lower(), "Check the path, and the disk that it is on."),
]


@pytest.mark.parametrize(("number", "reason", "hint"), KINDS, ids=[row[1] for row in KINDS])
def test_each_kind_has_its_words_and_what_to_do(number: int, reason: str, hint: str) -> None:
    """Neither the number nor the path stands in them: the message names the file."""
    error = OSError(number, os.strerror(number), "/a/file")
    assert reason_of(error).lower() == reason
    assert explained(error) == {"why": f"{reason[:1].upper()}{reason_of(error)[1:]}.", "hint": hint}
    assert explained(error, hint="poe x")["hint"] == "poe x"


OTHERS = [
    (ssl.SSLError(1, "[SSL] no cipher"), "[SSL] no cipher"),
    (socket.gaierror(8, "Name unknown"), "name unknown"),
    (OSError("a/b is a link"), "a/b is a link"),
    (ValueError("a.b is not a table"), "a.b is not a table"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "it is not UTF-8 text"),
]


@pytest.mark.parametrize(("error", "reason"), OTHERS, ids=[type(row[0]).__name__ for row in OTHERS])
def test_errors_of_other_kinds_keep_their_own_words(error: Exception, reason: str) -> None:
    """A number of ssl's or of the resolver's is none of the system's; a name keeps its case."""
    assert reason_of(error) == reason
    assert why_of(OSError("a/b is a link")) == "a/b is a link"


def test_a_file_is_named_as_one_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative below the folder where one stands, whole elsewhere."""
    monkeypatch.chdir(tmp_path)
    gone = FileNotFoundError(errno.ENOENT, "gone", "x")
    near = unusable(tmp_path / "a" / "poe.toml", "read", gone, kind=ProjectFileError)
    assert isinstance(near, ProjectFileError)
    assert near.message == "a/poe.toml can't be read."
    far = tmp_path.parent / "poe.toml"
    assert unusable(far, "read", gone).message == f"{far} can't be read."


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a turn, whose state, settings and files can be made unusable."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text("import fastapi_poe as fp\nclass B(fp.PoeBot): pass\n")
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "poe.toml").write_bytes(b"\xff")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "latin").write_bytes(b"\xff")
    writer = TurnWriter(tmp_path / ".poe")
    request = {"query": [{"role": "user", "content": "Hi"}], "conversation_id": "c"}
    writer.turn("r-1", "B", "/", request, KeptAnswer("event: done\ndata: {}\n\n", total_ms=1.0))
    return tmp_path


SITUATIONS = [
    ("export into a file", "turns export 1 -o file/x", "file/x can't be", "part of the"),
    ("export over a folder", "turns export 1 -o folder", "folder can't be written", "a folder"),
    ("a test too long", f"turns export 1 -o {LONG}.chat.toml", "x.chat.toml can't be", "too long"),
    ("a test below a file", "turns export 1 -o file/a.chat.toml", "file/a", "a folder has"),
    ("a body that is a folder", "trigger --raw folder", "folder can't be read", "a folder"),
    ("a body of a loop", "trigger --raw loop", "loop can't be read", "a circle"),
    ("a key file too long", f"chat X -m a --key-file {LONG}", "key file x", "too long"),
    ("a key file in a file", "chat X -m a --key-file file/x", "file file/x", "part of the"),
    ("a key that is no text", "chat X -m a --key-file latin", "key file latin", "UTF-8"),
    ("a loop attached", "chat X -m a -a loop", "'loop' can't be read", "a circle"),
    ("a poe.toml that is no text", "check other", "other/poe.toml can't be read", "UTF-8"),
    ("a project in a file", "new echo file/x", "written to file", "a folder has"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "names", "why"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_a_command_says_what_can_not_be_used_why_and_what_to_do(
    line: str, names: str, why: str, here: Path
) -> None:
    """Wrong usage, in three lines, with the path once and as it was typed."""
    ran = poe(*line.split(), env=user_env(here / "home", COLUMNS="1000"))

    message, reason, hint = ran.stderr.splitlines()[-3:]
    assert (ran.code, message[:7], reason[:7], hint[:7]) == (2, "error: ", "  why: ", "  try: ")
    assert names in message
    assert why in reason
    assert str(here) not in ran.stderr
    assert SYSTEMS_OWN.search(ran.stderr) is None
