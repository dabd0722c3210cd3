"""Real saves in a real folder, as editors and git make them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from watchfiles import Change

from poecli.devserver.watcher import FileWatcher, lasting_files

LIMIT_SECONDS = 30


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[asyncio.Queue[tuple[Path, ...]]]:
    """The batches of a watcher of tmp_path/project that is at work."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.py").write_text("1")
    outside = tmp_path / "shared.py"
    outside.write_text("1")
    watcher = FileWatcher(folder)
    watcher.also([outside, folder / "main.py"])
    batches: asyncio.Queue[tuple[Path, ...]] = asyncio.Queue()

    async def watch() -> None:
        async for files in watcher.batches():
            batches.put_nowait(files)

    task = asyncio.create_task(watch())
    await _at_work(folder, batches)
    yield batches
    watcher.close()
    await asyncio.wait_for(task, LIMIT_SECONDS)


async def _at_work(folder: Path, batches: asyncio.Queue[tuple[Path, ...]]) -> None:
    for number in range(LIMIT_SECONDS * 5):
        (folder / "probe.py").write_text(str(number))
        try:
            await asyncio.wait_for(batches.get(), 0.2)
        except asyncio.TimeoutError:
            continue
        break
    while not batches.empty():
        batches.get_nowait()


async def names(seen: asyncio.Queue[tuple[Path, ...]], last: str) -> set[str]:
    """The names of all files until that one has been seen."""
    found: set[str] = set()
    while last not in found:
        batch = await asyncio.wait_for(seen.get(), LIMIT_SECONDS)
        found |= {file.name for file in batch}
    return found - {"probe.py"}


async def test_a_save(tmp_path: Path, seen: asyncio.Queue[tuple[Path, ...]]) -> None:
    """A save in place."""
    (tmp_path / "project" / "main.py").write_text("2")
    assert await names(seen, "main.py") == {"main.py"}


async def test_an_atomic_save(tmp_path: Path, seen: asyncio.Queue[tuple[Path, ...]]) -> None:
    """Written beside and moved over: the temporary file is not told."""
    beside = tmp_path / "project" / "main.py.tmp"
    beside.write_text("2")
    beside.replace(tmp_path / "project" / "main.py")
    assert await names(seen, "main.py") == {"main.py"}


@pytest.mark.parametrize(
    ("changes", "lasting"),
    [
        pytest.param({("added", "there"), ("modified", "there")}, {"there"}, id="new"),
        pytest.param({("added", "gone"), ("deleted", "gone")}, set(), id="came and went"),
        pytest.param({("deleted", "gone")}, {"gone"}, id="removed"),
        pytest.param({("deleted", "there"), ("added", "there")}, {"there"}, id="atomic save"),
    ],
)
def test_a_file_that_came_and_went_is_no_change(
    tmp_path: Path, changes: set[tuple[str, str]], lasting: set[str]
) -> None:
    """Editors and sed write to a file of any name and rename it."""
    (tmp_path / "there").touch()
    raw = {(Change[kind], str(tmp_path / name)) for kind, name in changes}

    assert lasting_files(raw) == {str(tmp_path / name) for name in lasting}


async def test_a_rename(tmp_path: Path, seen: asyncio.Queue[tuple[Path, ...]]) -> None:
    """Old and new name are told."""
    (tmp_path / "project" / "main.py").rename(tmp_path / "project" / "other.py")
    (tmp_path / "project" / "zz.py").write_text("last")
    assert await names(seen, "zz.py") == {"main.py", "other.py", "zz.py"}


async def test_a_module_outside_of_the_folder(
    tmp_path: Path, seen: asyncio.Queue[tuple[Path, ...]]
) -> None:
    """A module the bot imports from elsewhere is watched, its neighbours are not."""
    (tmp_path / "neighbour.py").write_text("1")
    (tmp_path / "shared.py").write_text("2")
    assert await names(seen, "shared.py") == {"shared.py"}


async def test_what_is_left_out(tmp_path: Path, seen: asyncio.Queue[tuple[Path, ...]]) -> None:
    """The bot's own cache and the tool's own folder cause nothing; .env does."""
    for name in (".poe", "__pycache__", ".venv"):
        (tmp_path / "project" / name).mkdir()
        (tmp_path / "project" / name / "x.py").write_text("1")
    (tmp_path / "project" / ".env").write_text("A=1")
    assert await names(seen, ".env") == {".env"}
