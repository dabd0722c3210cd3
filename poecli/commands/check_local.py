"""A bot in a file, started for a check and ended with it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from poecli.commands.dev_options import DevFlags, settle_options
from poecli.commands.dev_platform import DevWithPlatform
from poecli.conformance.runner import Subject
from poecli.devserver.server import DEFAULT_HOST


async def local_subjects(
    stack: contextlib.AsyncExitStack, env: Mapping[str, str], spec: str
) -> list[Subject]:
    """Start the bots of a target next to a local Poe; ``stack`` ends them.

    Raises BotLoadError when there is no bot, or its file fails.
    """
    flags = DevFlags(target=spec, host=DEFAULT_HOST, port=0, reload=False, reload_with="fresh")
    options = settle_options(flags, env, Path.cwd())
    served = DevWithPlatform(options.server, options.platform, lambda _report: None)
    await stack.enter_async_context(served)
    bots = await served.server.wait_ready()
    return [Subject(bot.name, bot.url, bot.access_key or options.server.access_key) for bot in bots]
