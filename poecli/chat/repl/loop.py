"""A conversation at the keyboard: prompt and answer in turn, on the normal screen.

The first prompt stands before what is needed to ask anybody is loaded: this module, and all that
it imports, stays free of the client.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from poecli.chat.repl.keyboard import Keyboard
from poecli.chat.repl.prompt import Prompt
from poecli.errors import PoeCliError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.chat.repl.interpreter import ReplInterpreter


async def run_repl(
    console: Console,
    prompt: Prompt,
    keyboard: Keyboard,
    label: str,
    loading: asyncio.Task[ReplInterpreter],
) -> None:
    """Talk until the person leaves: /exit, Ctrl-D, or Ctrl-C twice.

    ``loading`` carries out what is typed, and may be on its way while the first line is written
    behind ``label``. Raises what it raises, also in the middle of a line.
    """
    console.say("/help lists the commands, Ctrl-D exits", style="dim")
    loading.add_done_callback(prompt.end_if_failed)
    draft = ""
    while True:
        if loading.done():
            interpreter = await loading
            label, draft = interpreter.label, interpreter.draft
            prompt.bots, prompt.suggested_replies = interpreter.bots, interpreter.suggested_replies
        try:
            text = await prompt.ask(label, draft)
        except EOFError:
            return
        except KeyboardInterrupt:
            if keyboard.interrupted_again():
                return
            console.say("Ctrl-C again, or Ctrl-D, to exit", style="dim")
            continue
        interpreter = await loading
        try:
            if not await interpreter.execute(text):
                return
        except PoeCliError as error:
            console.show_error(error)
