"""Whose settings are meant: the deployed bot's, asked at its URL, or the local bot's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from poecli.client.bot_query import Timeouts, ask_raw_settings, ask_settings
from poecli.config.credentials import Secret
from poecli.errors import KeyProblem, PoeCliError, TimedOut, UsageError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0

Settings = Mapping[str, Any]
ReadLocalSettings = Callable[[], Awaitable[Mapping[str, Settings]]]
"""Starts the project's bot in a worker; its raw settings answers by the bots' names."""


async def local_settings(bot: str, read_local: ReadLocalSettings) -> Settings:
    """The settings of the local bot of that name, or of the only one. Raises UsageError."""
    bots = await read_local()
    if bot in bots:
        return bots[bot]
    if len(bots) == 1:
        return next(iter(bots.values()))
    raise UsageError(
        f"The local project has no bot {bot!r}.",
        why=f"It has {', '.join(sorted(bots)) or 'none'}.",
        hint="Name one of them, or set [dev] target in poe.toml.",
    )


async def deployed_settings(url: str, key: Secret | None, seconds: float) -> Settings:
    """The settings a bot answers at its URL. Raises what `ask_settings` raises."""
    return await ask_raw_settings(url, _revealed(key), timeouts=Timeouts(first_event=seconds))


def _revealed(key: Secret | None) -> str | None:
    return key.reveal() if key else None


async def wait_for(
    url: str, key: Secret | None, seconds: float, say: Callable[[str], None]
) -> None:
    """Ask a deployed bot for its settings until it answers. Raises TimedOut, KeyProblem."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    pause = _FIRST_PAUSE
    say(f"Waiting for {url}")
    while True:
        left = max(0.1, end - clock())
        try:
            await ask_settings(url, _revealed(key), timeouts=Timeouts(first_event=left))
        except (KeyProblem, UsageError):
            raise
        except PoeCliError as error:
            if clock() + pause >= end:
                raise TimedOut(
                    f"The bot did not answer within {seconds:g} s.",
                    why=f"The last try: {error.message}",
                    hint="Look at the deployment's log, or wait longer with --wait-timeout.",
                ) from error
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        else:
            return
