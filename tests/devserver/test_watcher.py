"""Real saves in a real folder, as editors and git make them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from watchfiles import Change

from poecli.devserver.saves.polling import Changes
from poecli.devserver.saves.watcher import FileWatcher, Watch, lasting_files, system_watch

LIMIT_SECONDS = 30
LAST = "project/last.py"


class Seen:
    """What a watcher of tmp_path/project says."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.warnings: list[str] = []
        self.batches: asyncio.Queue[tuple[Path, ...]] = asyncio.Queue()

    async def until(self, expected: set[str]) -> set[str]:
        """What has been told by the time that all expected has been."""
        found: set[str] = set()
        while not expected <= found:
            batch = await asyncio.wait_for(self.batches.get(), LIMIT_SECONDS)
            found |= {file.relative_to(self.project.parent).as_posix() for file in batch}
        return found

    async def told(self, expected: set[str]) -> set[str]:
        """All that is told when these files are to be; a last save says that it is all."""
        found = await self.until(expected)
        (self.project / "last.py").write_text("last")
        return (found | await self.until({LAST})) - {LAST, "project/probe.py"}

    async def saved_until_told(self, file: Path, name: str) -> None:
        """Save the file again and again until it is told by that name."""
        telling = asyncio.create_task(self.until({name}))
        for number in range(LIMIT_SECONDS * 5):
            await asyncio.to_thread(file.write_text, str(number))
            if (await asyncio.wait({telling}, timeout=0.2))[0]:
                break
        telling.result()


@asynccontextmanager
async def watching(project: Path, watch: Watch = system_watch) -> AsyncIterator[Seen]:
    """A watcher of a project at work; its modules are main.py, words.py and ../shared.py."""
    seen = Seen(project)
    watcher = FileWatcher(project, warn=seen.warnings.append, watch=watch)
    watcher.also([project / "main.py", project / "words.py", project.parent / "shared.py"])

    async def read() -> None:
        async for files in watcher.batches():
            seen.batches.put_nowait(files)

    task = asyncio.create_task(read())
    try:
        await seen.saved_until_told(project / "probe.py", "project/probe.py")
        yield seen
    finally:
        watcher.close()
        await asyncio.wait_for(task, LIMIT_SECONDS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with modules inside and outside, and links to a file and a folder outside."""
    folder = tmp_path / "project"
    for name in ("package", "old"):
        (folder / name).mkdir(parents=True)
    for name in ("common/deep", "other"):
        (tmp_path / name).mkdir(parents=True)
    for file in (
        "project/main.py", "project/package/a.py", "project/old/b.py", "shared.py",
        "neighbour.py", "common/words.py", "common/deep/c.py", "common/neighbour.py",
        "other/d.py", "other/words.py",
    ):  # fmt: skip
        (tmp_path / file).write_text("1")
    (folder / "words.py").symlink_to("../common/words.py")
    (folder / "linked").symlink_to("../common/deep")
    (folder / "itself").symlink_to(".")
    return folder


def beside(file: Path, name: str) -> None:
    """Write another file and move it over this one."""
    other = file.with_name(name)
    other.write_text("2")
    other.replace(file)


def with_backup(file: Path) -> None:
    """As Vim saves: the old file moved away, a new one written, the old one removed."""
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_text("2")
    backup.unlink()


def from_elsewhere(file: Path) -> None:
    """Written in another folder and moved over."""
    other = file.parent.parent / "written"
    other.write_text("2")
    other.replace(file)


def again(file: Path) -> None:
    """Removed and made anew."""
    file.unlink()
    file.write_text("2")


def swapped(link: Path, target: str) -> None:
    """A link that leads elsewhere, put in place at once, as deployments do."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.replace(link)


def common(project: Path, name: str) -> Path:
    """A file in the folder outside that links lead to."""
    return project.parent / "common" / name


MAIN = {"project/main.py"}
WORDS = {"project/words.py"}
SAVES: list[tuple[str, Callable[[Path], object], set[str]]] = [
    ("write", lambda p: (p / "main.py").write_text("2"), MAIN),
    ("touch", lambda p: (p / "main.py").touch(), MAIN),
    ("chmod", lambda p: (p / "main.py").chmod(0o600), MAIN),
    ("truncate", lambda p: os.truncate(p / "main.py", 0), MAIN),
    ("moved over, .tmp", lambda p: beside(p / "main.py", "main.py.tmp"), MAIN),
    ("moved over, any name", lambda p: beside(p / "main.py", "sedQx81"), MAIN),
    ("moved over from elsewhere", lambda p: from_elsewhere(p / "main.py"), MAIN),
    ("with a backup", lambda p: with_backup(p / "main.py"), MAIN),
    ("removed and made anew", lambda p: again(p / "main.py"), MAIN),
    ("removed", lambda p: (p / "main.py").unlink(), MAIN),
    ("renamed", lambda p: (p / "main.py").rename(p / "b.py"), {*MAIN, "project/b.py"}),
    ("a new folder", lambda p: (p / "empty").mkdir(), set()),
    (
        "a folder moved in",
        lambda p: (p.parent / "other").rename(p / "other"),
        {"project/other/d.py", "project/other/words.py"},
    ),
    (
        "a folder renamed",
        lambda p: (p / "old").rename(p / "new"),
        {"project/old", "project/new/b.py"},
    ),
    ("a folder removed", lambda p: shutil.rmtree(p / "old"), {"project/old", "project/old/b.py"}),
    ("a link's target", lambda p: common(p, "words.py").write_text("2"), WORDS),
    ("a link's target moved over", lambda p: beside(common(p, "words.py"), "x"), WORDS),
    ("a link's target removed", lambda p: common(p, "words.py").unlink(), WORDS),
    ("beside a link's target", lambda p: common(p, "neighbour.py").write_text("2"), set()),
    (
        "in a linked folder",
        lambda p: common(p, "deep/c.py").write_text("2"),
        {"project/linked/c.py"},
    ),
    ("a link swapped", lambda p: swapped(p / "words.py", "../other/words.py"), WORDS),
    (
        "a link to a folder swapped",
        lambda p: swapped(p / "linked", "../other"),
        {"project/linked/d.py", "project/linked/words.py"},
    ),
    ("a link removed", lambda p: (p / "words.py").unlink(), WORDS),
    ("a module elsewhere", lambda p: (p.parent / "shared.py").write_text("2"), {"shared.py"}),
    ("beside a module elsewhere", lambda p: (p.parent / "neighbour.py").write_text("2"), set()),
    ("the environment", lambda p: (p / ".env").write_text("A=1"), {"project/.env"}),
    ("a folder of caches", lambda p: (p / "__pycache__").mkdir(), set()),
    ("an editor's file", lambda p: (p / ".main.py.swp").write_text("2"), set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("save", "expected"), [pytest.param(save, seen, id=name) for name, save, seen in SAVES]
)
async def test_every_way_a_file_changes(
    project: Path, save: Callable[[Path], object], expected: set[str]
) -> None:
    """What changed is told by the name the project has for it, and nothing else is."""
    async with watching(project) as seen:
        save(project)
        assert await seen.told(expected) == expected


async def test_what_a_swapped_link_leads_to_is_watched(project: Path) -> None:
    """Later changes of the new target show."""
    async with watching(project) as seen:
        swapped(project / "words.py", "../other/words.py")
        await seen.until(WORDS)
        await seen.saved_until_told(project.parent / "other" / "words.py", "project/words.py")


async def test_a_folder_elsewhere_that_comes_back(project: Path) -> None:
    """Removed and made anew as a whole, it is watched on."""
    async with watching(project) as seen:
        shutil.rmtree(project.parent / "common")
        await seen.until(WORDS)
        (project.parent / "common").mkdir()
        await seen.saved_until_told(common(project, "words.py"), "project/words.py")


@pytest.mark.parametrize(
    ("changes", "lasting"),
    [
        pytest.param({("added", "there"), ("modified", "there")}, {"there"}, id="new"),
        pytest.param({("added", "gone"), ("deleted", "gone")}, set(), id="came and went"),
        pytest.param({("deleted", "gone")}, {"gone"}, id="removed"),
        pytest.param({("deleted", "there"), ("added", "there")}, {"there"}, id="atomic save"),
        pytest.param({("modified", "folder")}, set(), id="a folder's own times"),
        pytest.param({("added", "folder")}, {"folder"}, id="a folder moved in"),
    ],
)
def test_a_file_that_came_and_went_is_no_change(
    tmp_path: Path, changes: set[tuple[str, str]], lasting: set[str]
) -> None:
    """Editors and sed write to a file of any name and rename it."""
    (tmp_path / "there").touch()
    (tmp_path / "folder").mkdir()
    raw = {(Change[kind], str(tmp_path / name)) for kind, name in changes}

    assert lasting_files(raw) == {str(tmp_path / name) for name in lasting}


def failing(error: Exception, *, after: int) -> Watch:
    """A watcher that fails with that error when there has been that number of batches."""

    async def watch(
        folder: Path, *, recursive: bool, stop: asyncio.Event
    ) -> AsyncGenerator[Changes, None]:
        left = after
        async for changes in system_watch(folder, recursive=recursive, stop=stop):
            if not left:
                raise error
            left -= 1
            yield changes

    return watch


@pytest.mark.parametrize(
    ("error", "after", "words"),
    [
        (OSError("OS file watch limit reached."), 0, "limit reached (on Linux, `sysctl fs.inot"),
        (OSError(24, "Too many open files"), 0, "can't be watched: too many files are op"),
        (RuntimeError("the watch thread is gone"), 1, "can't be watched: the watch thread is g"),
    ],
)
async def test_a_watcher_that_fails_is_told_and_the_folder_looked_through(
    project: Path, error: Exception, after: int, words: str
) -> None:
    """The warning names the cause; saves go on being seen."""
    async with watching(project, failing(error, after=after)) as seen:
        await seen.saved_until_told(project / "main.py", "project/main.py")
        await seen.saved_until_told(common(project, "words.py"), "project/words.py")
    assert words in seen.warnings[0]
    assert all("It is scanned every 0.3 s instead." in said for said in seen.warnings)


_FEW_WATCHES = """
import asyncio, pathlib, sys
from poecli.devserver.saves.polling import Changes
from poecli.devserver.saves.watcher import FileWatcher

async def main():
    watcher = FileWatcher(pathlib.Path(sys.argv[1]), warn=lambda text: print(text, flush=True))
    async for files in watcher.batches():
        print(*(file.name for file in files), flush=True)

asyncio.run(main())
"""


def can_limit_watches() -> bool:
    """Whether a namespace with a limit of its own can be made here."""
    if shutil.which("unshare") is None:
        return False
    made = subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False)
    return made.returncode == 0


async def _line_with(words: bytes, stream: asyncio.StreamReader) -> bytes:
    """The first one; each folder that can't be watched has a line of its own. Empty at the end."""
    async for line in stream:
        if words in line:
            return line
    return b""


@pytest.mark.skipif(not can_limit_watches(), reason="needs unshare with user namespaces")
async def test_inotify_watches_used_up(project: Path) -> None:
    """The system's own refusal is told with its cause, and a save shows all the same."""
    limit = "echo 2 > /proc/sys/user/max_inotify_watches"
    process = await asyncio.create_subprocess_exec(
        *("unshare", "-Ur", "sh", "-c", f'{limit} && exec "$0" "$@"', sys.executable),
        *("-c", _FEW_WATCHES, str(project)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        warning = await asyncio.wait_for(process.stdout.readline(), LIMIT_SECONDS)
        saved = asyncio.create_task(_line_with(b"main.py", process.stdout))
        for number in range(LIMIT_SECONDS):
            (project / "main.py").write_text(f"# {number}")
            if (await asyncio.wait({saved}, timeout=1))[0]:
                break
        assert b"watch limit reached" in warning
        assert saved.result()
    finally:
        process.kill()
        await process.wait()
