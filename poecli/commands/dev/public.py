"""The public side of a session: its tunnel, and the settings pushed once that is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from poecli.commands.dev.flags import DevFlags
from poecli.config.credentials import made_access_key
from poecli.config.project import BotEntry, Project
from poecli.config.settings import read_environment
from poecli.dev_events import DevEvent, Listener, Ready, TunnelOpened
from poecli.errors import ExitCode, NotReachable, UsageError
from poecli.local.options import LocalOptions
from poecli.local.project import LocalProject
from poecli.local.tunnel import Tunnel, TunnelOptions
from poecli.settings_sync.sync import SyncOptions, sync_bots
from poecli.terminal.console import Console
from poecli.tunnel.clients import parse_client
from poecli.waiting import cancel_and_wait

OFF = "off"


@dataclass(frozen=True)
class PublicOptions:
    """``sync`` is the bot whose settings are pushed, None for none."""

    tunnel: TunnelOptions
    project: Project
    sync: str | None = None


def settle_public(
    console: Console, flags: DevFlags, options: LocalOptions, project: Project
) -> PublicOptions | None:
    """What flags and poe.toml ask for; None for no tunnel. Raises UsageError."""
    text = flags.tunnel or project.dev.tunnel
    if text is None or text == OFF:
        for flag, value in (("--tunnel-url", flags.tunnel_url), ("--sync", flags.sync)):
            if value is not None:
                raise UsageError(
                    f"{flag} is for a tunnel, and there is none.",
                    hint=f"poe dev --tunnel cloudflared {flag} {value}",
                )
        return None
    if flags.tunnel is None:
        with project.blamed_for("dev", "tunnel"):
            client = parse_client(text)
    else:
        client = parse_client(text)
    client.command(0, console.env)  # not installed: said before anything is started
    made = None
    if options.server.access_key is None and console.can_ask:
        made = made_access_key()
    url = flags.tunnel_url or project.dev.tunnel_url or ""
    return PublicOptions(TunnelOptions(client, url, made), project, flags.sync)


class PublicSide:
    """Stands between what happens and the log: `hear` is the listener of the local project.

    Without options it does nothing. With --json the ready line waits until the bots can be
    reached from outside, and names that URL.
    """

    def __init__(
        self, console: Console, show: Listener, options: PublicOptions | None, local: LocalOptions
    ) -> None:
        self._console = console
        self._show = show
        self._options = options
        self._local = local
        self._loaded = asyncio.Event()
        self._ready: Ready | None = None
        self._settled: asyncio.Task[None] | None = None
        self.keeping: asyncio.Task[None] | None = None
        self.url = ""  # of the first bot, as it was last opened

    def hear(self, event: DevEvent) -> None:
        """Pass an event on, the ready line in its time."""
        if isinstance(event, Ready):
            self._loaded.set()
            if self._options is not None and self._console.json_mode:
                self._ready = event
                return
        self._show(event)
        if isinstance(event, TunnelOpened):
            self.url = event.bots[0].url
            if self._ready is not None:
                ready, self._ready = self._ready, None
                self._show(replace(ready, public_url=event.public_url))

    @asynccontextmanager
    async def open(self, project: LocalProject, say: Callable[[str], None]) -> AsyncIterator[None]:
        """Keep the tunnel open until the block ends; ``keeping`` fails when it can't be."""
        if self._options is None:
            yield
            return
        tunnel = Tunnel(
            project,
            self._options.tunnel,
            self._options.project.without_keys(self._console.env),
            loaded=self._loaded,
            tell=self.hear,
            say=say,
        )
        self.keeping = asyncio.create_task(tunnel.keep())
        self._settled = asyncio.create_task(self._settle(tunnel, project))
        try:
            yield
        finally:
            await cancel_and_wait(self._settled, self.keeping)

    async def settled(self) -> None:
        """Wait until it is open and the settings are pushed, for a program; a person needn't wait.

        Raises NotReachable when the URL does not lead here.
        """
        if self._settled is not None:
            await self._settled

    async def _settle(self, tunnel: Tunnel, project: LocalProject) -> None:
        opened = await tunnel.wait_opened()
        last = opened.steps[-1]
        if last.exit_code is ExitCode.NOT_REACHABLE:
            if not self._console.can_ask:
                raise NotReachable(last.says, hint=last.fix, id="tunnel-leads-nowhere")
        elif self._options is not None and self._options.sync is not None:
            await asyncio.to_thread(self._push, self._options.sync, project)

    def _push(self, bot: str, project: LocalProject) -> None:
        served = {each.name: each.settings for each in project.bots}

        async def read_local(_bot: str) -> Mapping[str, Mapping[str, Any]]:
            return served

        root = self._local.platform.root
        entry = self._options.project.bots.get(bot) if self._options else None
        code = sync_bots(
            self._console,
            SyncOptions(self._local.platform.base_url, root, push=True),
            [entry or BotEntry(bot)],
            given=None,
            environment=read_environment(self._console.env, root),
            read_local=read_local,
        )
        if code:
            self._console.warn(f"The settings of {bot} were not pushed (exit code {int(code)}).")
