"""A project is written whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poecli.errors import UsageError
from poecli.scaffold.writer import CantWrite, check_target, write_project

FILES = {"main.py": b"bot = 1\n", "tests/test_bot.py": b"pass\n", "README.md": b"# bot\n"}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("target", ["new", "a/b/new", "there", "with space", "ünï", "x" * 255])
def test_the_files_stand_at_the_target_and_nothing_else_does(tmp_path: Path, target: str) -> None:
    """Also in folders that are not there yet, in an empty one, and under any name."""
    (tmp_path / "there").mkdir()
    write_project(tmp_path / target, FILES)
    assert tree(tmp_path / target) == FILES
    assert not list(tmp_path.glob(".poe-new-*"))


def test_the_folder_one_stands_in_is_filled_and_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`poe new echo .` must not pull the folder from under the shell."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    write_project(Path(), FILES)
    assert tree(tmp_path) == FILES
    assert tmp_path.stat().st_ino == before


def test_a_linked_folder_is_filled_and_the_link_stays(tmp_path: Path) -> None:
    """The project is where the link leads."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_project(tmp_path / "link", FILES)
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == FILES


def test_a_folder_with_content_is_refused_and_its_content_named(tmp_path: Path) -> None:
    """Nothing is written over."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        write_project(tmp_path, FILES)
    assert "mine.txt" in caught.value.why
    assert tree(tmp_path) == {"mine.txt": b"mine"}


def test_force_replaces_files_of_the_same_name_and_deletes_nothing(tmp_path: Path) -> None:
    """What the project has no file for stays."""
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "main.py").write_text("old")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine.py").write_text("mine")
    write_project(tmp_path, FILES, force=True)
    assert tree(tmp_path) == {**FILES, "mine.txt": b"mine", "tests/mine.py": b"mine"}


def test_force_never_writes_through_a_link(tmp_path: Path) -> None:
    """A linked file is replaced by the new one; a linked folder is refused."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "main.py").write_text("outside")
    target = tmp_path / "target"
    target.mkdir()
    (target / "main.py").symlink_to(outside / "main.py")
    write_project(target, FILES, force=True)
    assert (outside / "main.py").read_text() == "outside"
    (target / "tests").rename(tmp_path / "moved")
    (target / "tests").symlink_to(outside)
    with pytest.raises(UsageError, match="not a folder"):
        write_project(target, FILES, force=True)


@pytest.mark.parametrize(
    ("there", "reason"),
    [("main.py/x", "is a folder; a file must be written there"), ("tests", "not a folder")],
)
def test_force_refuses_a_folder_for_a_file_and_a_file_for_a_folder(
    tmp_path: Path, there: str, reason: str
) -> None:
    """Before anything is written."""
    place = tmp_path / there
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine")
    with pytest.raises(UsageError, match=reason):
        write_project(tmp_path, FILES, force=True)
    assert tree(tmp_path) == {there: b"mine"}


@pytest.mark.parametrize("target", ["file", "dangling"])
def test_a_target_that_is_no_folder_is_refused(tmp_path: Path, target: str) -> None:
    """Also with --force."""
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(UsageError, match="is not a folder"):
        check_target(tmp_path / target, FILES, force=True)


def test_a_path_the_disk_refuses_leaves_nothing(tmp_path: Path) -> None:
    """Folders made on the way are taken back."""
    with pytest.raises(CantWrite) as caught:
        write_project(tmp_path / "a" / "b", {"x" * 300: b""})
    assert caught.value.why == "The name is too long."
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_path_is_named(tmp_path: Path) -> None:
    """A part of the path that is a file can't hold a project."""
    (tmp_path / "file").touch()
    with pytest.raises(CantWrite):
        write_project(tmp_path / "file" / "bot", FILES)


WRITE = """  # One interpreter for all rows: each is written by a copy of it.
import json, os, pathlib, resource, signal, sys
from poecli.errors import PoeCliError
from poecli.scaffold.writer import write_project

def write(target, how, event, nth):
    files = {f"folder{n % 3}/file{n}.txt": b"x" * 4000 for n in range(40)}
    if how == "full":
        # Stands for a full disk: the write after so many bytes fails with an OSError.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        files[f"folder0/file{nth}.txt"] = b"x" * 10_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
    seen = 0
    def pull(name, arguments):
        nonlocal seen
        if name in event.split(" or "):
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), getattr(signal, how))
    sys.addaudithook(pull)
    try:
        write_project(pathlib.Path(target), files)
    except (PoeCliError, KeyboardInterrupt):
        os._exit(3)
    sys.audit("written")
    os._exit(0)

for line in sys.stdin:
    if (child := os.fork()) == 0:
        write(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Write = Callable[..., int]


@pytest.fixture(scope="module")
def write() -> Iterator[Write]:
    """Writes 40 files in a process of its own, and does something to it when it comes to a point.

    The point is the ``nth`` of an audit event, or of several; the answer is the exit code.
    """
    with subprocess.Popen(
        [sys.executable, "-c", WRITE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        asked, answers = process.stdin, process.stdout

        def write(target: Path, how: str, event: str = "", nth: int = 1) -> int:
            asked.write(json.dumps([str(target), how, event, nth]) + "\n")
            asked.flush()
            return int(answers.readline())

        yield write


POINTS = [
    ("os.mkdir", 1, 0),
    ("os.mkdir", 2, 0),
    ("open", 1, 0),
    ("open", 2, 0),
    ("os.mkdir", 4, 0),
    ("open", 21, 0),
    ("open", 40, 0),
    ("os.rename", 1, 0),
    ("os.rename or written", 2, 40),
]


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
@pytest.mark.parametrize(("event", "nth", "files"), POINTS)
@pytest.mark.parametrize("there", [False, True], ids=["missing", "empty"])
def test_a_kill_at_any_point_leaves_no_half_project(
    tmp_path: Path, write: Write, there: bool, event: str, nth: int, files: int
) -> None:
    """At the target stands nothing up to the rename, and all from then on."""
    target = tmp_path / "bot"
    if there:
        target.mkdir()
    assert write(target, "SIGKILL", event, nth) == -signal.SIGKILL
    assert len(tree(target)) == files


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
def test_a_kill_when_the_empty_folder_gave_way_leaves_nothing(tmp_path: Path, write: Write) -> None:
    """Between the folder that was there and the one that takes its place."""
    (tmp_path / "bot").mkdir()
    assert write(tmp_path / "bot", "SIGKILL", "os.rmdir") == -signal.SIGKILL
    assert tree(tmp_path / "bot") == {}


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
@pytest.mark.parametrize(
    ("event", "nth"), [("os.mkdir", 1), ("os.mkdir", 3), ("open", 18), ("os.rename", 1)]
)
def test_ctrl_c_leaves_nothing_at_all(tmp_path: Path, write: Write, event: str, nth: int) -> None:
    """Not even the folder in which the files were collected."""
    assert write(tmp_path / "deep" / "bot", "SIGINT", event, nth) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
@pytest.mark.parametrize("number", [0, 17, 39])
def test_a_disk_that_fills_up_leaves_nothing_at_all(
    tmp_path: Path, write: Write, number: int
) -> None:
    """The write that fails may be the first or the last."""
    assert write(tmp_path / "bot", "full", nth=number) == 3
    assert list(tmp_path.iterdir()) == []
