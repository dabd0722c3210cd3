"""The workers of a bot in production: started, kept, replaced one by one, drained at the end.

The parent owns the listening socket and loads nothing of the author's, so that no bot can end it.

    SIGTERM, SIGINT    accept a moment longer, answer what has begun, end; a second one ends at once
    SIGHUP             a new worker in the place of each, ready before the old one stops accepting
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from poecli.errors import BotLoadError, PoeCliError, UsageError
from poecli.hosting.process.messages import Serving
from poecli.serve.options import ServeOptions
from poecli.serve.worker import ServeWorker
from poecli.system_errors import why_of
from poecli.waiting import Ended, cancel_and_wait, handling

# A proxy that was just told so may still send a request or two.
_ACCEPT_SECONDS = 1.0
_BACKLOG = 2048
_QUICK_DEATH_SECONDS = 10.0
_LONGEST_RETRY_SECONDS = 30.0


@dataclass(frozen=True)
class ServeEvent:
    """What happened: a sentence for people, a name and fields for programs."""

    name: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    warning: bool = False


class Supervisor:
    """Serves until it is told to end. ``log`` is a file descriptor for the access log."""

    def __init__(self, options: ServeOptions, log: int, tell: Callable[[ServeEvent], None]) -> None:
        self._options = options
        self._log = log
        self._tell = tell
        self._listening = _listen(options.host, options.port)
        self._workers: list[ServeWorker] = []
        self._old: set[asyncio.Task[None]] = set()
        self._end = asyncio.Event()
        self._told = 0  # by which signal
        self._end_now = asyncio.Event()
        self._renew = asyncio.Event()

    async def run(self) -> None:
        """Serve. Raises what keeps the bot from being loaded at the start."""
        with self._listening, _signals(self._on_signal):
            try:
                serving = await self._start_all()
                self._tell_ready(serving)
                keeping = [asyncio.create_task(self._keep(n)) for n in range(len(self._workers))]
                renewing = asyncio.create_task(self._renew_on_demand())
                await self._end.wait()
                await cancel_and_wait(renewing, *keeping)
                await self._drain_all()
            finally:
                await asyncio.gather(*(worker.end_now() for worker in self._workers))

    # --- starting ---

    async def _start_all(self) -> Serving:
        for _ in range(self._options.workers):
            self._workers.append(await self._start())
        ready = asyncio.gather(*(worker.ready() for worker in self._workers))
        ending = asyncio.ensure_future(self._end.wait())
        await _first({ready, ending})
        ending.cancel()
        if not ready.done():  # told to end before it served
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
            raise Ended(self._told)
        serving: list[Serving] = ready.result()
        return serving[0]

    async def _start(self) -> ServeWorker:
        return await ServeWorker.start(self._options, self._listening, self._log)

    def _tell_ready(self, serving: Serving) -> None:
        host, port = self._listening.getsockname()[:2]
        count = f"{self._options.workers} worker{'s' * (self._options.workers > 1)}"
        bots = ", ".join(f"{bot.name} at {bot.path}" for bot in serving.bots)
        shown = f"[{host}]" if ":" in host else host
        text = f"poe serve is ready: http://{shown}:{port} ({count}, build {serving.build}): {bots}"
        fields = {
            "host": host,
            "port": port,
            "workers": [worker.pid for worker in self._workers],
            "build": serving.build,
            "bots": [{"name": bot.name, "path": bot.path} for bot in serving.bots],
        }
        for note in serving.notes:
            self._tell(ServeEvent("note", note, warning=True))
        self._tell(ServeEvent("ready", text, fields))

    # --- keeping ---

    async def _keep(self, place: int) -> None:
        """Start a worker anew when it dies by itself, less and less often."""
        delay = 0.0
        while True:
            worker, began = self._workers[place], time.monotonic()
            await worker.gone.wait()
            if worker is not self._workers[place]:
                continue  # replaced meanwhile: that one was to end
            quick = time.monotonic() - began < _QUICK_DEATH_SECONDS
            delay = min(_LONGEST_RETRY_SECONDS, delay * 2 or 1.0) if quick else 0.0
            words = f"Worker {worker.pid} died ({worker.describe_end()}); another one starts"
            words += f" in {delay:g} s." if delay else "."
            fields = {"worker": worker.pid, "how": worker.describe_end(), "retry_seconds": delay}
            self._tell(ServeEvent("worker-died", words, fields, warning=True))
            await asyncio.sleep(delay)
            if worker is not self._workers[place]:
                continue
            try:
                new = await self._start()
            except BotLoadError as error:
                words = f"{error.message} {error.why}"
                self._tell(ServeEvent("worker-not-started", words, {}, warning=True))
                continue
            if worker is self._workers[place]:
                self._workers[place] = new
            else:  # a SIGHUP was faster
                await new.end_now()

    # --- replacing ---

    async def _renew_on_demand(self) -> None:
        """Also anew while it is done: files that never come to an end of loading may be mended."""
        while True:
            await self._renew.wait()
            self._renew.clear()
            tasks = {
                asyncio.create_task(self._renew_all()),
                asyncio.create_task(self._renew.wait()),
            }
            try:
                await _first(tasks)
            finally:
                await cancel_and_wait(*tasks)

    async def _renew_all(self) -> None:
        """One by one, so that memory and processors carry one worker more at most to load."""
        self._tell(ServeEvent("renewing", "SIGHUP: a new worker starts in the place of each."))
        for place in range(len(self._workers)):
            try:
                new, serving = await self._ready_one()
            except PoeCliError as error:
                words = f"The new files can't be served, so the old ones are: {error.message}"
                self._tell(ServeEvent("renewal-failed", words, {"why": error.why}, warning=True))
                return
            old, self._workers[place] = self._workers[place], new
            words = f"Worker {new.pid} (build {serving.build}) takes the place of {old.pid}."
            fields = {"worker": new.pid, "old": old.pid, "build": serving.build}
            self._tell(ServeEvent("renewed", words, fields))
            self._in_background(self._drain(old, 0.0))

    async def _ready_one(self) -> tuple[ServeWorker, Serving]:
        """A new worker that serves. Raises what keeps the bot from being loaded."""
        new = await self._start()
        try:
            return new, await new.ready()
        except BaseException:
            await new.end_now()
            raise

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._old.add(task)
        task.add_done_callback(self._old.discard)

    # --- ending ---

    async def _drain_all(self) -> None:
        """End with the last answer; the socket is closed as soon as nobody accepts."""
        draining = [
            *self._old,
            *(asyncio.create_task(self._drain(w, _ACCEPT_SECONDS)) for w in self._workers),
        ]
        whole = asyncio.gather(*draining, return_exceptions=True)
        at_once = asyncio.ensure_future(self._end_now.wait())
        accepting = asyncio.ensure_future(asyncio.sleep(_ACCEPT_SECONDS))
        await _first({whole, at_once, accepting})
        accepting.cancel()
        self._listening.close()
        await _first({whole, at_once})
        at_once.cancel()
        for task in draining:
            task.cancel()
        await asyncio.gather(*draining, return_exceptions=True)
        self._tell(ServeEvent("ended", "poe serve has ended."))

    async def _drain(self, worker: ServeWorker, accept_seconds: float) -> None:
        seconds = self._options.drain_seconds
        ending = asyncio.create_task(worker.drain(accept_seconds, seconds + accept_seconds))
        try:
            await worker.drains.wait()
            if count := worker.waits_for:
                answers = "1 answer" if count == 1 else f"{count} answers"
                words = f"Worker {worker.pid} waits for {answers}, {seconds:g} s at most."
                fields = {"worker": worker.pid, "running": count, "seconds": seconds}
                self._tell(ServeEvent("draining", words, fields))
            await ending
        except asyncio.CancelledError:
            ending.cancel()
            await worker.end_now()
            raise

    def _on_signal(self, number: int) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self._renew.set()
        elif self._end.is_set():
            self._end_now.set()
        else:
            self._told = number
            self._tell(ServeEvent("ending", f"{signal.Signals(number).name}: answers end first."))
            self._end.set()


async def _first(waited: Iterable[asyncio.Future[Any]]) -> None:
    """Wait until one of them is over."""
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)


@contextlib.contextmanager
def _signals(take: Callable[[int], None]) -> Iterator[None]:
    """Hand the signals of this process to ``take``, on the loop, while the context lasts."""
    loop = asyncio.get_running_loop()
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def hand_over(number: int, _frame: object = None) -> None:
        loop.call_soon_threadsafe(take, number)

    with handling(numbers, hand_over):
        yield


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises UsageError for one that can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        raise UsageError(
            f"Port {port} is in use." if in_use else f"poe serve can't listen on {host}:{port}.",
            why=why_of(error),
            hint="Choose another with --port or PORT."
            if in_use
            else "Choose another with --host and --port.",
            id="port-in-use" if in_use else "",
        ) from error
    return listening
