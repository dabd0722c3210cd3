"""Functions given to Modal: each of the ways in which Modal calls one, run on this machine."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import itertools
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent import futures
from typing import Any, ClassVar

from poecli.hosting.author.frames import cut_traceback


class NotPlayed(Exception):
    """The author's code needs what only Modal's servers have."""

    is_containment = True  # shown in place of what a library or fastapi_poe makes of it


class _Call:
    """A call that has a second form, ``.aio``, as each of Modal's has."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


class Both(_Call):
    """A call whose ``.aio`` is awaited."""

    async def aio(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and wait for the result."""
        return self._function(*args, **kwargs)


class BothIterate(_Call):
    """A call whose result is iterated, that of ``.aio`` with ``async for``."""

    async def aio(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Iterate the result; waiting for the next item does not block the loop."""
        async for item in _iterate_aside(iter(self._function(*args, **kwargs))):
            yield item


class Remote(_Call):
    """A function of the author's, run as if elsewhere: it holds up nobody's event loop."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and wait for the result."""
        return finished(self._function(*args, **kwargs))

    async def aio(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in a thread and wait for the result."""
        result = await asyncio.to_thread(self._function, *args, **kwargs)
        return await result if inspect.isawaitable(result) else result


class _RemoteIterate(_Call):
    """As `Remote`, for a generator, asynchronous or not."""

    def __call__(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        made = self._function(*args, **kwargs)
        return _drain(made) if inspect.isasyncgen(made) else iter(made)

    async def aio(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Iterate it; a plain generator waits in a thread."""
        made = self._function(*args, **kwargs)
        async for item in made if inspect.isasyncgen(made) else _iterate_aside(iter(made)):
            yield item


def finished(result: Any) -> Any:
    """The value of a call that may be a coroutine, for a caller who does not await."""
    if not inspect.iscoroutine(result):
        return result
    context = contextvars.copy_context()  # what it prints belongs to its turn
    with futures.ThreadPoolExecutor(1) as aside:  # the caller may be within a running loop
        return aside.submit(context.run, asyncio.run, result).result()


def _drain(generator: Any) -> Iterator[Any]:
    loop, context = asyncio.new_event_loop(), contextvars.copy_context()
    try:
        with futures.ThreadPoolExecutor(1) as aside:
            while True:
                step = aside.submit(context.run, _next_of, loop, generator)
                if (item := step.result()) is _END:
                    return
                yield item
    finally:
        loop.close()


def _next_of(loop: asyncio.AbstractEventLoop, generator: Any) -> Any:
    return loop.run_until_complete(anext(generator, _END))


_END = object()


async def _iterate_aside(iterator: Iterator[Any]) -> AsyncIterator[Any]:
    while (item := await asyncio.to_thread(next, iterator, _END)) is not _END:
        yield item


class Function:
    """A function or bound method of an app: it runs here, whichever way it is called.

    ``prepare`` runs before each call: a class's @enter methods.
    """

    modal_name = "Function"
    _named: ClassVar[dict[tuple[str, str], Function]] = {}

    def __init__(
        self,
        raw: Callable[..., Any],
        environment: Mapping[str, str],
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        functools.update_wrapper(self, raw)
        self._raw = raw
        self._environment = environment
        self._prepare = prepare
        self.remote = self.call = Remote(self.local)  # `call` is its name until 2023
        self.remote_gen = _RemoteIterate(self.local)
        self.map = BothIterate(self._map)
        self.starmap = BothIterate(lambda items, **_: (self.remote(*each) for each in items))
        self.for_each = Remote(self._for_each)
        self.spawn = Both(self._spawn)
        self.get_raw_f = lambda: raw

    def local(self, *args: Any, **kwargs: Any) -> Any:
        """Run it, with the variables of its secrets and image set."""
        os.environ.update(self._environment)
        self._prepare()
        return self._raw(*args, **kwargs)

    __call__ = local

    def keep_for_others(self, app_name: str) -> None:
        """Let `from_name` find it."""
        self._named[app_name, getattr(self._raw, "__name__", "")] = self

    @classmethod
    def from_name(cls, app_name: str, name: str, **_: Any) -> Function:
        """The function of an app, which may be given to Modal later on, or never here."""

        def found(*args: Any, **kwargs: Any) -> Any:
            if (app_name, name) not in cls._named:
                raise NotPlayed(
                    f"The function {name!r} of Modal's app {app_name!r} is not in this bot's files."
                )
            return cls._named[app_name, name].local(*args, **kwargs)

        return cls(found, {})

    lookup = from_name

    def with_options(self, **_: Any) -> Function:
        """Options count on Modal's machines only."""
        return self

    with_concurrency = with_batching = with_options

    def _map(self, *items: Iterable[Any], **_: Any) -> Iterator[Any]:
        return (self.remote(*each) for each in zip(*items, strict=False))

    def _for_each(self, *items: Iterable[Any], **_: Any) -> None:
        for _result in self._map(*items):
            pass

    def _spawn(self, *args: Any, **kwargs: Any) -> FunctionCall:
        return FunctionCall(lambda: self.remote(*args, **kwargs))


class FunctionCall:
    """A call that was spawned: it runs in a thread of its own."""

    _by_id: ClassVar[dict[str, FunctionCall]] = {}
    _ids = itertools.count(1)

    def __init__(self, work: Callable[[], Any]) -> None:
        self._result: futures.Future[Any] = futures.Future()
        self.object_id = f"fc-{next(self._ids)}"
        self._by_id[self.object_id] = self
        self.get = Remote(self._get)
        self.cancel = Both(lambda **_: None)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, work), daemon=True).start()

    @classmethod
    def from_id(cls, object_id: str, **_: Any) -> FunctionCall:
        """A call that is known by its id."""
        if object_id not in cls._by_id:
            raise NotPlayed(f"No call {object_id!r} was spawned since the bot was loaded.")
        return cls._by_id[object_id]

    @staticmethod
    def gather(*calls: FunctionCall) -> list[Any]:
        """The results of all."""
        return [call.get() for call in calls]

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            # Often nobody asks; Modal shows it in the app's log.
            sys.stderr.write(cut_traceback(error) + "\n")
            self._result.set_exception(error)

    def _get(self, timeout: float | None = None, **_: Any) -> Any:
        try:
            return self._result.result(timeout)
        except futures.TimeoutError:  # another class than TimeoutError before Python 3.11
            if self._result.done():
                raise
            raise TimeoutError(f"{self.object_id} has not finished.") from None
