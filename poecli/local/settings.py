"""The settings of a bot that is not running: start it, ask, stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poecli.config.python.interpreter import Interpreter
from poecli.config.target import Target
from poecli.devserver.server import DevOptions, DevServer


async def read_local_settings(
    target: Target, interpreter: Interpreter
) -> dict[str, Mapping[str, Any]]:
    """The raw settings answer of each bot of a target, by the bot's name.

    Raises BotLoadError for a target that can't be loaded, and for a bot that can't tell them.
    Nothing of Poe is within its reach.
    """
    options = DevOptions(target, port=0, reload=False, reload_with="fresh", interpreter=interpreter)
    async with DevServer(options) as server:
        bots = await server.wait_ready()
        for bot in bots:
            if bot.failure is not None:
                raise bot.failure
        return {bot.name: bot.settings for bot in bots}
