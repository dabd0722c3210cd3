"""An answer on a terminal, while it arrives and when it is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from poecli.chats.turns import ChatAnswer
from poecli.errors import PoeCliError
from poecli.protocol import events as ev
from poecli.terminal.console import Console
from poecli.terminal.foreign import clean, one_line
from poecli.terminal.markdown import FRAME_SECONDS, MarkdownStream
from poecli.waiting import cancel_and_wait


class Screen:
    """Streams the text, then shows files and suggested replies."""

    def __init__(self, console: Console, *, plain: bool = False) -> None:
        self._console = console
        self._plain = plain
        self._content_type = ev.MARKDOWN
        self._stream: MarkdownStream | None = None

    @contextlib.asynccontextmanager
    async def live(self) -> AsyncIterator[None]:
        """Paints in the pauses between events; on the way out the terminal is as before."""
        ticker = asyncio.ensure_future(self._tick_forever())
        try:
            yield
        except BaseException:
            self._end(stopped=True)
            raise
        finally:
            self._end()
            await cancel_and_wait(ticker)
            if not ticker.cancelled():
                ticker.result()  # raises what went wrong in it

    async def _tick_forever(self) -> None:
        while True:
            pause = self._stream.next_frame_in if self._stream else None
            await asyncio.sleep(pause or FRAME_SECONDS)
            if self._stream is not None:
                self._stream.tick()

    def event(self, event: ev.Event, at_ms: float) -> None:
        del at_ms
        if isinstance(event, ev.Meta) and self._stream is None:
            self._content_type = event.content_type
        elif isinstance(event, ev.Text):
            self._streamed().feed(event.text)
        elif isinstance(event, ev.ReplaceResponse):
            self._streamed().replace(event.text)
        elif isinstance(event, (ev.Done, ev.Error)):
            # A question about a tool, or an error, stands below the text, not in it.
            self._end()

    def _streamed(self) -> MarkdownStream:
        if self._stream is None:
            self._stream = MarkdownStream(
                self._console, plain=self._plain, content_type=self._content_type
            )
        return self._stream

    def _end(self, *, stopped: bool = False) -> None:
        stream, self._stream = self._stream, None
        if stream is not None and stopped:
            stream.interrupt()
        elif stream is not None:
            stream.finish()

    def finish(self, answer: ChatAnswer, error: PoeCliError | None) -> None:
        """What came beside the text."""
        for number, file in enumerate(answer.files, 1):
            kind = one_line(file.content_type, width=40)
            line = f"file {number}: {one_line(file.name)} ({kind})  {clean(file.url)}"
            self._console.say(line, style="cyan")
        if error is None and answer.suggested_replies:
            self._console.say("suggested replies (Poe was seen to ignore them):", style="dim")
            for number, reply in enumerate(answer.suggested_replies, 1):
                self._console.say(f"  {number}  {one_line(reply)}", style="cyan")
