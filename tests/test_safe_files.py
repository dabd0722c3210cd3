"""Files of `.poe/` survive any kill."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from poecli.safe_files import FileHeld, JsonLines, held, write_whole

LINES = b'{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("length", range(len(LINES) + 1))
def test_a_file_torn_anywhere_is_read_up_to_there_and_goes_on(length: int, tmp_path: Path) -> None:
    """Whatever a kill leaves of the last line, whole records stay and new ones follow."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(LINES[:length])
    whole = LINES[:length].count(b"}")

    JsonLines(file).append({"n": 3})

    assert [r["n"] for r in JsonLines(file).read()] == [*range(1, whole + 1), 3]


def test_lines_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    """Damage in the middle costs that line only."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"n":1}\n\xff\xfe\n[1]\n\n{"n":2}\n')

    assert [r["n"] for r in JsonLines(file).read()] == [1, 2]


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """Reading before the first write is no error."""
    assert list(JsonLines(tmp_path / "none").read()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A file is replaced whole or not at all, and no partial file stays."""
    folder = tmp_path / "taken"
    folder.mkdir()

    with pytest.raises(OSError, match="taken"):
        write_whole(folder, b"new")
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "taken"]


class Interrupted(type(Path())):  # type: ignore[misc] # the system's own kind
    """A file that Ctrl-C keeps from coming into its place."""

    def replace(self, _target: object) -> Path:
        raise KeyboardInterrupt


def test_ctrl_c_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """And no partial one beside it."""
    write_whole(tmp_path / "a", b"old")

    with pytest.raises(KeyboardInterrupt):
        write_whole(Interrupted(tmp_path / "a"), b"new")

    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"old")]


@pytest.fixture(params=[0o000, 0o022, 0o027], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What the system takes away from every mode."""
    mask: int = request.param
    before = os.umask(mask)
    yield mask
    os.umask(before)


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX's")
def test_only_the_owner_can_read_what_is_written(tmp_path: Path, umask: int) -> None:
    """Folders 0700 and files 0600, whatever the umask; a file for all is for all it lets."""
    private = tmp_path / ".poe" / "files" / "id"
    write_whole(private / "a", b"x")
    JsonLines(tmp_path / ".poe" / "b.jsonl").append({"n": 1})
    write_whole(tmp_path / "poe.lock.json", b"{}", private=False)
    modes = {
        path.relative_to(tmp_path).as_posix(): f"{stat.S_IMODE(path.stat().st_mode):o}"
        for path in tmp_path.rglob("*")
    }
    assert modes == {
        "poe.lock.json": f"{0o666 & ~umask:o}",
        ".poe": "700",
        ".poe/files": "700",
        ".poe/files/id": "700",
        ".poe/files/id/a": "600",
        ".poe/b.jsonl": "600",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX's")
def test_no_link_is_followed(tmp_path: Path) -> None:
    """A link planted where a file or its folder belongs leads nowhere."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "a.jsonl").symlink_to(outside / "kept")
    with pytest.raises(OSError, match="link"):
        write_whole(tmp_path / "link" / "new", b"x")
    with pytest.raises(OSError, match=r"a\.jsonl"):
        JsonLines(tmp_path / "a.jsonl").append({"n": 1})
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "mine"


FILLS_UP = """
import resource, signal, sys
import stat
import subprocess
import sys
from pathlib import Path
from poecli.safe_files import JsonLines

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lines = JsonLines(Path(sys.argv[1]))
lines.append({"n": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
try:
    lines.append({"n": 2, "text": "x" * 100})
except OSError as error:
    print("told")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
lines.append({"n": 3})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
def test_a_disk_that_fills_up_costs_one_record(tmp_path: Path) -> None:
    """Half a record is an error that is told, and the next record begins on a line of its own."""
    file = tmp_path / "a.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FILLS_UP, str(file)], check=True, capture_output=True, text=True
    )
    assert done.stdout == "told\n"
    assert [record["n"] for record in JsonLines(file).read()] == [1, 3]


HOLDS = """
import sys, time
from pathlib import Path
from poecli.safe_files import held

with held(Path(sys.argv[1]), "a longer sentence before"):
    print("held", flush=True)
    time.sleep(600)  # to be killed
"""


def test_a_held_file_is_another_s_once_its_holder_was_killed(tmp_path: Path) -> None:
    """Whoever comes meanwhile reads who holds it; nothing of it is left to clear away."""
    file = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDS, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(FileHeld) as caught, held(file, "never"):
            pass
        holder.kill()

    with held(file, "I do"), pytest.raises(FileHeld, match=r"^I do$"), held(file, "never"):
        pass

    assert str(caught.value) == "a longer sentence before"
