"""The settings of a bot that is not running: start it, ask, stop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from poecli.config.interpreter import find_interpreter
from poecli.config.project import find_project
from poecli.config.target import Target
from poecli.devserver.server import DevOptions, DevServer


async def read_local_settings(target: Target) -> dict[str, Mapping[str, Any]]:
    """The raw settings answer of each bot of a target, by the bot's name.

    Raises BotLoadError for a target that can't be loaded, and for a bot that can't tell them.
    Nothing of Poe is within its reach.
    """
    interpreter = find_interpreter(find_project(target.root), os.environ)
    options = DevOptions(target, port=0, reload=False, reload_with="fresh", interpreter=interpreter)
    async with DevServer(options) as server:
        bots = await server.wait_ready()
        for bot in bots:
            if bot.failure is not None:
                raise bot.failure
        return {bot.name: bot.settings for bot in bots}
