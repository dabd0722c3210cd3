"""The line at which a person types: several rows, history, completion, an editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_or_none
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import create_output

from poecli.chat.output.stdin import utf8
from poecli.chat.repl.completion import ChatCompleter
from poecli.chat.repl.keyboard import Keyboard
from poecli.terminal.console import Console


class Prompt:
    """Enter sends, Alt-Enter or Ctrl-J begins a new row, a pasted block stays one message.

    TAB offers ``bots`` and ``suggested_replies``; ``listed_bots`` are known from Poe's list.
    """

    def __init__(
        self,
        console: Console,
        keyboard: Keyboard,
        history: History,
        listed_bots: Sequence[str] = (),
    ) -> None:
        self.bots: Sequence[str] = ()
        self.suggested_replies: Sequence[str] = ()
        self.drawn = asyncio.Event()  # the first time
        self._session: PromptSession[str] = PromptSession(
            multiline=True,
            history=history,
            auto_suggest=AutoSuggestFromHistory(),
            completer=ChatCompleter(
                lambda: list(dict.fromkeys([*self.bots, *listed_bots])),
                lambda: self.suggested_replies,
            ),
            complete_while_typing=False,
            enable_open_in_editor=True,
            key_bindings=_keys(lambda: self.suggested_replies),
            prompt_continuation=lambda width, _line, _wrapped: "." * (width - 1) + " ",
            input=keyboard.keys,
            output=create_output(console.stdout, always_prefer_tty=False),
        )
        self._session.app.after_render += lambda _: self.drawn.set()

    async def ask(self, label: str, default: str = "") -> str:
        """What was typed. Raises EOFError for Ctrl-D, KeyboardInterrupt for Ctrl-C."""
        text = await self._session.prompt_async(f"{label}> ", default=default)
        return utf8(text)

    def end_if_failed(self, task: asyncio.Task[Any]) -> None:
        """Have a prompt that stands raise what the task has raised."""
        app, error = self._session.app, None if task.cancelled() else task.exception()
        if error is not None and app.future is not None and not app.future.done():
            app.exit(exception=error)


def write_above(write: Callable[[], object]) -> None:
    """Write where a prompt stands, which goes on below that; without one, just write.

    prompt_toolkit's run_in_terminal gives the terminal its own mode back meanwhile: what is typed
    then is seen twice, and its Enter begins a new row.
    """
    app = get_app_or_none()
    if app is None or not app.is_running:
        write()
        return
    app.renderer.erase()
    write()
    app.renderer.request_absolute_cursor_position()
    app.invalidate()


def _keys(suggested: Callable[[], Sequence[str]]) -> KeyBindings:
    keys = KeyBindings()

    # Not while Ctrl-R searches: there Enter ends the search.
    @keys.add("enter", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    # Alt and a digit takes a suggested reply into the line.
    for number in range(1, 10):

        @keys.add("escape", str(number))
        def _(event: KeyPressEvent, number: int = number) -> None:
            replies = suggested()
            if number <= len(replies):
                event.current_buffer.text = replies[number - 1]
                event.current_buffer.cursor_position = len(replies[number - 1])

    return keys
