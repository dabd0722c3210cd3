"""An answer on a terminal, while it arrives and when it is over."""

from __future__ import annotations

from poecli.chat.turns import Answer
from poecli.errors import PoeCliError
from poecli.protocol import events as ev
from poecli.terminal.console import Console
from poecli.terminal.foreign import Sanitizer, clean, one_line


class Screen:
    """Streams the text, then shows files, suggested replies and how long it took."""

    def __init__(self, console: Console, *, plain: bool = False) -> None:
        self._console = console
        self._plain = plain
        self._sanitizer = Sanitizer()
        self._last = "\n"

    def event(self, event: ev.Event, at_ms: float) -> None:
        """Show what is new."""
        del at_ms
        if isinstance(event, ev.ReplaceResponse):
            self._write("\n" if self._last != "\n" else "")
            self._sanitizer = Sanitizer()
            self._write(self._sanitizer.feed(event.text))
        elif isinstance(event, ev.Text):
            self._write(self._sanitizer.feed(event.text))

    def _write(self, text: str) -> None:
        if text:
            self._console.data(text, end="")
            self._last = text[-1]

    def finish(self, answer: Answer, error: PoeCliError | None) -> None:
        """End the text; then what came beside it."""
        if self._last != "\n":
            self._write("\n")
        if answer.stopped:
            self._console.say("(stopped)", style="dim")
        for number, file in enumerate(answer.files, 1):
            self._console.say(f"[{number}] {one_line(file.name)}  {clean(file.url)}", style="cyan")
        if error is None:
            for number, reply in enumerate(answer.suggested_replies, 1):
                self._console.say(f"{number}  {one_line(reply)}", style="cyan")
