"""A public URL for the bots served here: the door, the author's client, and the proof from outside.

The client is started once the door listens, and again whenever it ends; each time its URL is asked
by the steps of `poe doctor URL`. The bot itself answers `settings` there; the stream that shows
whether the way holds events back comes from the door, and costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from poecli.client.address import BotAddress
from poecli.client.dialogue import new_id
from poecli.config.credentials import Secret, access_key_missing
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE
from poecli.dev_events import Listener, TunnelClosed, TunnelOpened
from poecli.errors import NotReachable
from poecli.local.project import LocalProject
from poecli.probe import queries
from poecli.probe.site import Pace
from poecli.probe.url_steps import BOT_STEPS, URL_STEPS, examine_url
from poecli.step_results import StepResult
from poecli.tunnel.clients import TunnelClient
from poecli.tunnel.process import running

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
_STEADY_SECONDS = 60.0  # after such a life the pauses begin anew


@dataclass(frozen=True)
class TunnelOptions:
    """``url`` is for a client that prints none; ``made_key`` for bots that have no key.

    ``url_seconds`` is how long the client may take to print its URL, ``patience`` how long that
    URL may take to lead here.
    """

    client: TunnelClient
    url: str = ""
    made_key: Secret | None = None
    url_seconds: float = 30.0
    patience: float = 30.0


class Tunnel:
    """To be kept open by `keep`; ``opened`` says what was found when its URL was last looked at.

    ``loaded`` is set when there are bots to look at; ``say`` hears what the client prints.
    """

    def __init__(
        self,
        project: LocalProject,
        options: TunnelOptions,
        env: Mapping[str, str],
        *,
        loaded: asyncio.Event,
        tell: Listener,
        say: Callable[[str], None],
    ) -> None:
        self._project = project
        self._options = options
        self._env = env
        self._loaded = loaded
        self._tell = tell
        self._say = say
        self._door = project.server.tunnel_door(options.made_key)
        self._first = asyncio.Event()
        self.opened: TunnelOpened | None = None

    async def wait_opened(self) -> TunnelOpened:
        """What was found, once the URL was looked at for the first time."""
        await self._first.wait()
        if self.opened is None:
            raise RuntimeError("opened without a result")
        return self.opened

    async def keep(self) -> None:
        """Open it, and open it again whenever the client ends; runs until it is cancelled.

        Raises UsageError for a client that is not installed, KeyMissing for a bot without a key,
        NotReachable when the first run of the client brings no URL.
        """
        pause = 0.0
        async with self._door.open(self._project.platform.public_routes(), self._tell):
            while True:
                began = time.monotonic()
                ended = await self._run_once()
                steady = time.monotonic() - began > _STEADY_SECONDS
                pause = _FIRST_PAUSE_SECONDS if steady or not pause else pause * 2
                pause = min(pause, _LONGEST_PAUSE_SECONDS)
                self._tell(replace(ended, again_seconds=pause))
                await asyncio.sleep(pause)

    async def _run_once(self) -> TunnelClosed:
        """One life of the client. What keeps the first from opening is raised."""
        options, platform = self._options, self._project.platform
        async with running(options.client, self._door.port, self._env, self._say) as process:
            try:
                url = options.url.rstrip("/") or await process.url(options.url_seconds)
                platform.public_origin = url
                await process.during(self._prove(url))
                how = await process.ended()
            except NotReachable as error:
                if self.opened is None:
                    raise
                how = error.message
            finally:
                platform.public_origin = ""
            return TunnelClosed(options.client.name, how, tuple(process.output), 0.0)

    async def _prove(self, url: str) -> None:
        """Look at the bots from outside, and tell what was found."""
        options, door = self._options, self._door
        await self._loaded.wait()
        default = self._project.server.options.access_key or options.made_key
        bots = tuple(replace(bot, url=url + bot.path) for bot in self._project.bots)
        for bot in bots:
            if not (bot.access_key or default):
                raise access_key_missing(bot.name, DEFAULT_ACCESS_KEY_VARIABLE)
        steps: list[StepResult] = []
        for bot in bots:
            door.rehearsed = new_id("m")
            found = await examine_url(
                BotAddress(bot.name, bot.url, bot.access_key or default),
                question=queries.query(queries.message("A test."), message_id=door.rehearsed),
                pace=Pace(door.beats, door.apart),
                patience=options.patience,
                steps=BOT_STEPS if steps else URL_STEPS,
            )
            steps += [replace(s, step=f"{s.step} at {bot.path}") for s in found] if steps else found
            if steps[-1].failed:
                break
        door.rehearsed = ""
        needs_made = any(bot.access_key is None for bot in bots) and not self.opened
        made = options.made_key if needs_made else None
        self.opened = TunnelOpened(url, options.client.name, bots, tuple(steps), made)
        self._first.set()
        self._tell(self.opened)
