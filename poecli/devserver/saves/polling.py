"""Changes found by looking at a folder again and again, where the system can't watch it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from watchfiles import Change

from poecli.source.ignore_rules import IgnoreRules

POLL_SECONDS = 0.3

Changes = set[tuple[Change, str]]
_State = dict[str, tuple[int, ...]]


async def polled(
    folder: Path, *, recursive: bool, stop: asyncio.Event
) -> AsyncGenerator[Changes, None]:
    """Every difference between two looks, until ``stop`` is set."""
    stopped = asyncio.create_task(stop.wait())
    try:
        before = await asyncio.to_thread(_state, folder, recursive=recursive)
        while not stop.is_set():
            await asyncio.wait({stopped}, timeout=POLL_SECONDS)
            now = await asyncio.to_thread(_state, folder, recursive=recursive)
            if changes := _differences(before, now):
                yield changes
            before = now
    finally:
        stopped.cancel()


def _differences(before: _State, now: _State) -> Changes:
    both = before.keys() & now.keys()
    return {
        *((Change.added, name) for name in now.keys() - before.keys()),
        *((Change.deleted, name) for name in before.keys() - now.keys()),
        *((Change.modified, name) for name in both if before[name] != now[name]),
    }


def _state(folder: Path, *, recursive: bool) -> _State:
    """What tells a change of a file; of a link, what it leads to."""
    state: _State = {}
    for file in _files(folder, recursive=recursive):
        try:
            found = file.stat()
        except OSError:  # gone meanwhile, or a link that leads nowhere
            continue
        state[str(file)] = (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
    return state


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    rules = IgnoreRules(folder)
    been: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        yield from (Path(parent) / name for name in names)
        been.add(os.path.realpath(parent))
        folders[:] = [
            name
            for name in folders
            if recursive
            and not rules.is_never_code(Path(parent) / name)
            and os.path.realpath(Path(parent) / name) not in been  # links may lead in circles
        ]
