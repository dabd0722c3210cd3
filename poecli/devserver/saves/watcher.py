"""Which files of the author's have changed, in batches; what does not matter is left out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from watchfiles import Change, awatch

from poecli.devserver.saves.links import Links, links_in
from poecli.devserver.saves.polling import POLL_SECONDS, Changes, polled
from poecli.source.ignore_rules import IgnoreRules
from poecli.system_errors import reason_of

_STEP_MS = 10  # how often the watching thread looks; each look takes microseconds
_DEBOUNCE_MS = 50  # of one batch; what belongs together is put together by the reloader
_ABSENT_SECONDS = 0.5  # between two looks for a watched folder that is not there
_MOST_NEW_FILES = 1000  # told of one new folder
_LIMIT_HINT = "on Linux, `sysctl fs.inotify.max_user_watches` is the limit of all programs together"


class Watch(Protocol):
    """The changes in a folder."""

    def __call__(
        self, folder: Path, *, recursive: bool, stop: asyncio.Event
    ) -> AsyncGenerator[Changes, None]:
        """Every batch until ``stop`` is set."""


@runtime_checkable
class Watcher(Protocol):
    """Gives batches of changed files, as absolute paths."""

    def batches(self) -> AsyncIterator[tuple[Path, ...]]:
        """Every batch until the watcher is closed."""

    def also(self, files: Collection[Path]) -> None:
        """These are the author's modules: they matter wherever they are."""

    def close(self) -> None:
        """Let `batches` end."""


async def system_watch(
    folder: Path, *, recursive: bool, stop: asyncio.Event
) -> AsyncGenerator[Changes, None]:
    """inotify, FSEvents or Windows' own; `watchfiles` itself polls where none of them works."""
    options: dict[str, Any] = {
        "watch_filter": None,
        "step": _STEP_MS,
        "debounce": _DEBOUNCE_MS,
        "stop_event": stop,
        "recursive": recursive,
    }
    try:
        async for changes in awatch(folder, **options):
            yield changes
    except PermissionError:
        # A database's folder in the project, say. Not from the start: watchfiles then also takes
        # it without a word that the limit of watches is reached.
        async for changes in awatch(folder, **options, ignore_permission_denied=True):
            yield changes


def lasting_files(changes: Changes) -> set[str]:
    """The changed files but for those that came and went: an editor's own, under any name.

    Of a folder that has changed the files are told themselves; one that is new may be full.
    """
    came = {name for change, name in changes if change is Change.added}
    went = {name for change, name in changes if change is Change.deleted}
    passing = {name for name in came & went if not os.path.lexists(name)}
    old_folders = {
        name for change, name in changes if change is Change.modified and Path(name).is_dir()
    }
    return {name for _, name in changes} - passing - (old_folders - came)


class FileWatcher:
    """Watches a project's folder, what its links lead to, and the author's modules elsewhere.

    ``warn`` is told when the system can't watch; the folder is then looked through regularly.
    """

    def __init__(
        self, root: Path, *, warn: Callable[[str], None], watch: Watch = system_watch
    ) -> None:
        self._root = root
        self._warn = warn
        self._watch = watch
        self._modules: frozenset[Path] = frozenset()
        self._links = Links(root, ())
        self._links_in_project: list[Path] = []
        self._watched: set[Path] = set()
        self._batches: asyncio.Queue[tuple[Path, ...]] = asyncio.Queue()
        self._stop = asyncio.Event()
        self._stopped = asyncio.ensure_future(self._stop.wait())
        self._tasks: set[asyncio.Task[None]] = set()

    async def batches(self) -> AsyncIterator[tuple[Path, ...]]:
        """Every batch with a file that matters."""
        self._spawn(self._run(self._root, recursive=True))
        try:
            await self._find_links()
            while not self._stop.is_set():
                coming = asyncio.create_task(self._batches.get())
                await asyncio.wait({coming, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    yield coming.result()
                else:
                    coming.cancel()
        finally:
            self.close()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def also(self, files: Collection[Path]) -> None:
        """Files of the folder itself are watched anyway."""
        self._modules |= frozenset(files)
        self._know_links()
        for folder in {file.parent for file in files}:
            self._follow(folder, recursive=False)

    def close(self) -> None:
        """Let `batches` end."""
        self._stop.set()

    # --- following ---

    async def _find_links(self) -> None:
        self._links_in_project = await asyncio.to_thread(links_in, self._root)
        self._know_links()

    def _know_links(self) -> None:
        """Watch where links lead: the folders of linked files, and what is below linked folders."""
        self._links = Links(self._root, (*self._links_in_project, *self._modules))
        for folder in {step.parent for step in self._links.steps}:
            self._follow(folder, recursive=False)
        for folder in self._links.linked_folders:
            self._follow(folder, recursive=True)

    def _follow(self, folder: Path, *, recursive: bool) -> None:
        if not (folder.is_relative_to(self._root) or folder in self._watched):
            self._watched.add(folder)
            self._spawn(self._run(folder, recursive=recursive))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, folder: Path, *, recursive: bool) -> None:
        watching = self._watch
        while not self._stop.is_set():
            watch = watching(folder, recursive=recursive, stop=self._stop)
            try:
                async with aclosing(watch):
                    async for changes in watch:
                        self._take(changes)
                        if not _is_there(folder):
                            break
            except Exception as error:  # noqa: BLE001 - whatever the system's watching fails with
                if _is_there(folder):
                    watching = polled
                    self._warn(_cannot_watch(folder, error))
                    continue
            await self._wait_for(folder)

    async def _wait_for(self, folder: Path) -> None:
        """A folder that was removed may come back: by a checkout, by a clean build of a package."""
        was_there = _is_there(folder)
        while not self._stop.is_set():
            await asyncio.wait({self._stopped}, timeout=_ABSENT_SECONDS)
            if _is_there(folder):
                break
        if not was_there:
            known = (*self._modules, *self._links.steps)
            back = [path for path in known if path.is_relative_to(folder)]
            self._take({(Change.added, str(path)) for path in (folder, *back)})

    # --- judging ---

    def _take(self, changes: Changes) -> None:
        rules = IgnoreRules(self._root)
        names = lasting_files(changes)
        files = {file for name in names for file in self._meant(Path(name), rules)}
        if any(self._may_lead_elsewhere(Path(name), rules) for name in names):
            self._spawn(self._find_links())
        if files:
            self._batches.put_nowait(tuple(sorted(files)))

    def _may_lead_elsewhere(self, path: Path, rules: IgnoreRules) -> bool:
        is_way = path.is_symlink() or path.is_dir()
        return is_way and path.is_relative_to(self._root) and rules.matters(path)

    def _meant(self, path: Path, rules: IgnoreRules) -> Iterator[Path]:
        """The files of the author's that a changed path stands for."""
        for seen in self._names_of(path):
            if seen in self._modules:
                yield seen
            elif not seen.is_relative_to(self._root):
                continue
            elif seen.is_dir():
                yield from _files_in(seen, rules)
            elif rules.matters(seen):
                yield seen

    def _names_of(self, path: Path) -> set[Path]:
        """What the project calls it; of a link that leads in a circle the plain name."""
        plain = Path(os.path.realpath(path.parent)) / path.name
        if plain.is_relative_to(self._root):
            return self._links.seen_as(plain)
        return {path} | self._links.seen_as(plain)


def _files_in(folder: Path, rules: IgnoreRules) -> Iterator[Path]:
    """What matters in a folder that is new, or that a link newly leads to."""
    found = 0
    for parent, folders, names in () if rules.is_never_code(folder) else os.walk(folder):
        folders[:] = [name for name in folders if not rules.is_never_code(Path(parent) / name)]
        for name in names:
            file = Path(parent) / name
            if rules.matters(file):
                yield file
                found += 1
        if found > _MOST_NEW_FILES:
            return


def _is_there(folder: Path) -> bool:
    return folder.is_dir()


def _cannot_watch(folder: Path, error: Exception) -> str:
    cause = reason_of(error).partition(" about [")[0].strip() or type(error).__name__
    hint = f" ({_LIMIT_HINT})" if "limit" in cause else ""
    return (
        f"Changes in {folder} can't be watched: {cause.rstrip('.')}{hint}. "
        f"It is scanned every {POLL_SECONDS:g} s instead."
    )
