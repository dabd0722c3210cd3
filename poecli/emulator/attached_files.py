"""Files that callers on this machine attach from servers of their own, which end with them.

`poe chat` and `poe check` serve a file only while they run; a kept turn needs it longer.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from poecli.addresses import is_loopback, is_loopback_url
from poecli.client.exchange import download
from poecli.dev_events import TurnStarted
from poecli.emulator.bots.upstream import SharedSession
from poecli.emulator.state.files import FileStore
from poecli.errors import PoeCliError
from poecli.protocol.events import File
from poecli.turns.files import attached_files, local_file

_CLOSE_SECONDS = 2.0
# A tunnel's caller must not have us ask what only this machine reaches.
_OF_PROXIES = (b"x-forwarded-for", b"forwarded", b"cf-connecting-ip", b"x-real-ip")


class AttachedFiles:
    """Fetches them beside the turn, each once."""

    def __init__(self, store: FileStore, shared: SharedSession) -> None:
        self._store = store
        self._shared = shared
        self._running: dict[str, asyncio.Task[None]] = {}

    def keep(self, started: TurnStarted) -> None:
        """Begin to fetch what the newest message has attached."""
        query = started.request.get("query")
        newest = query[-1:] if isinstance(query, list) else ()
        files = list(attached_files({"query": newest}))
        if not files or not _is_from_here(started):
            return
        for file in files:
            known = file.url in self._running or local_file(self._store.folder.parent, file.url)
            if is_loopback_url(file.url) and not known:
                task = asyncio.create_task(self._fetch(file))
                self._running[file.url] = task
                task.add_done_callback(partial(self._fetched, file.url))

    async def _fetch(self, file: File) -> None:
        with contextlib.suppress(PoeCliError, OSError):  # the turn is kept without it
            data = await download(file.url, self._shared.session)
            self._store.add_of(file.url, file.name, file.content_type, data)

    def _fetched(self, url: str, _task: asyncio.Task[None]) -> None:
        self._running.pop(url, None)

    async def close(self) -> None:
        """Fetch what is on its way, for a moment, and no more."""
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
        for task in tasks:
            task.cancel()


def _is_from_here(started: TurnStarted) -> bool:
    headers = {name.lower(): value for name, value in started.headers}
    host = headers.get(b"host", b"").decode("latin-1")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return is_loopback(name) and not any(proxy in headers for proxy in _OF_PROXIES)
