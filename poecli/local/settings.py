"""The settings of a bot that is not running: start it, ask, stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from poecli.config.project import Project
from poecli.config.python.choice import interpreter_for
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


class LocalSettings:
    """Those of a project's bots, as its files are when a target is first asked for.

    ``target`` is the one of all that are asked for, None for each bot's own; ``warn`` hears of the
    Python that it runs on.
    """

    def __init__(
        self,
        project: Project,
        env: Mapping[str, str],
        python: str | None,
        *,
        target: str | None = None,
        warn: Callable[[str], object] = lambda _note: None,
    ) -> None:
        self._project = project
        self._env = env
        self._python = python
        self._target = target
        self._warn = warn
        self._known: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    async def of(self, bot: str) -> Mapping[str, Mapping[str, Any]]:
        """Those of every bot of this one's target, by name. Raises as `read_local_settings`."""
        if self._target:
            target = Target.parse(self._target, Path.cwd())
        else:
            target = Target.parse(self._project.target_of(bot), self._project.root)
        if str(target) not in self._known:
            python = interpreter_for(target, self._env, self._python, Path.cwd())
            for note in python.notes:
                self._warn(note)
            self._known[str(target)] = await read_local_settings(target, python)
        return self._known[str(target)]
