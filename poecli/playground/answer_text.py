"""The text of one answer, as operations on the page's element for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from poecli.playground.aside import aside
from poecli.protocol.events import Event, File, ReplaceResponse, Text
from poecli.waiting import within

if TYPE_CHECKING:
    from poecli.playground.markdown.operations import Operation
    from poecli.playground.markdown.stream import HtmlStream

_FRAME_SECONDS = 0.033
_MOST_AT_ONCE = 64_000  # characters: reading more is a long task of the page


class AnswerText:
    """`take` its events; `frame` is what is new, `anew` all of it on an empty element."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._pictures: dict[str, str] = {}
        self._stream = _new_stream()
        self._whole: list[Operation] = []

    def take(self, event: Event) -> bool:
        """One event; True where it replaces what a page has: that begins `anew`."""
        self._whole = []
        if isinstance(event, Text):
            self._pieces.append(event.text)
            self._stream.feed(event.text)
        elif isinstance(event, ReplaceResponse):
            self._pieces = [event.text]
        elif isinstance(event, File) and event.inline_ref and is_picture(event):
            self._pictures[event.inline_ref] = event.url
            self._stream.define(event.inline_ref, event.url)
        return isinstance(event, ReplaceResponse)

    def anew(self, *, is_over: bool) -> list[Operation]:
        """What makes it on an empty element; the next frame goes on from there."""
        if is_over and self._whole:
            return self._whole
        self._stream = stream = self._begun()
        return stream.finish() if is_over else stream.frame()

    async def prepare(self) -> None:
        """Have at hand what `anew` of an answer that is over gives: it may take long to make."""
        if not self._whole:
            self._whole = await aside(self._begun().finish)

    def _begun(self) -> HtmlStream:
        stream = _new_stream()
        for label, url in self._pictures.items():
            stream.define(label, url)
        stream.feed("".join(self._pieces))
        return stream

    async def frame(self, *, is_last: bool) -> list[Operation]:
        """What is new. One that may take long is made in a thread.

        Nothing, where the text began anew meanwhile.
        """
        stream = self._stream
        make = stream.finish if is_last else stream.frame
        operations = await aside(make) if stream.is_heavy else make()
        return operations if stream is self._stream else []

    async def paint(self, tell: Callable[[list[Operation]], None], over: asyncio.Event) -> None:
        """Tell a frame each 33 ms with all that came, and when it is ``over`` the last one."""
        while not over.is_set():
            await self._tell_frame(tell, is_last=False)
            with contextlib.suppress(asyncio.TimeoutError):
                await within(over.wait(), _FRAME_SECONDS)
        await self._tell_frame(tell, is_last=True)

    async def _tell_frame(self, tell: Callable[[list[Operation]], None], *, is_last: bool) -> None:
        stream = self._stream
        first, *others = _portions(await self.frame(is_last=is_last))
        tell(first)
        for portion in others:
            await asyncio.sleep(_FRAME_SECONDS)
            if stream is not self._stream:
                return
            tell(portion)


def _portions(operations: list[Operation]) -> list[list[Operation]]:
    """One portion at least, each as large as a page reads at once."""
    portions: list[list[Operation]] = [[]]
    size = 0
    for operation in operations:
        size += len(str(operation[-1]))
        if size > _MOST_AT_ONCE and portions[-1]:
            portions.append([])
            size = 0
        portions[-1].append(operation)
    return portions


def _new_stream() -> HtmlStream:
    from poecli.playground.markdown.stream import HtmlStream  # noqa: PLC0415 - see there

    return HtmlStream()


def is_picture(file: File) -> bool:
    """Whether the page may show it in place: a drawing (SVG) it may not."""
    return file.content_type.lower() in ("image/png", "image/jpeg", "image/gif", "image/webp")
