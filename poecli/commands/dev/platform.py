"""Where the dev server and the local Poe meet: each is told what the other saw."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from poecli import dev_events as dev
from poecli.config.target import Target
from poecli.devserver.server import DevOptions, DevServer
from poecli.emulator.bots.faults import HEADER, Fault, parse_faults
from poecli.emulator.bots.local_bots import LocalBot
from poecli.emulator.platform import Platform, PlatformOptions
from poecli.emulator.state.turns import Turn
from poecli.errors import UsageError
from poecli.protocol.settings import SettingsResponse

_FAULT_HEADER = HEADER.lower().encode()


class DevWithPlatform:
    """A dev server with a local Poe on the same port. Use as an async context manager."""

    def __init__(
        self,
        options: DevOptions,
        platform: PlatformOptions,
        report: dev.Listener,
    ) -> None:
        self._report = report
        self._stack = AsyncExitStack()
        self._others: dict[str, DevServer] = {}
        self._starting = asyncio.Lock()
        self._options = options
        self.platform = Platform(platform, report=self._from_platform, local_bots=self)
        self.server = self._served(options, report)

    async def __aenter__(self) -> DevServer:
        """The server, bound to its port."""
        self._stack.push_async_callback(self.platform.close)
        return await self._stack.enter_async_context(self.server)

    async def __aexit__(self, *_exception: object) -> None:
        """End both, and the other targets that were started for the bot."""
        await self._stack.aclose()

    # --- emulator.local_bots.LocalBots ---

    def names(self) -> Collection[str]:
        """The author's bots that are being served."""
        return [bot.name for bot in self.server.bots]

    async def reach(self, target: str) -> LocalBot:
        """A bot of this server, or of another target, started when it is first asked."""
        for bot in self.server.bots:
            if bot.name == target:
                return _local(bot)
        async with self._starting:
            other = self._others.get(target) or await self._start(target)
        bots = other.bots or await other.wait_ready()
        return _local(bots[0])

    async def _start(self, target: str) -> DevServer:
        options = DevOptions(
            Target.parse(target, Path(self._options.target.root)),
            port=0,
            reload=self._options.reload,
            reload_with=self._options.reload_with,
            allow_hosts=self._options.allow_hosts,
        )
        other = self._served(options, self._from_other)
        self._others[target] = await self._stack.enter_async_context(other)
        return other

    # --- what each says to the other, and to the author ---

    def _served(self, options: DevOptions, report: dev.Listener) -> DevServer:
        """A server whose turns the local Poe knows, and whose bots find it on their own port."""

        def heard(event: dev.DevEvent) -> None:
            if isinstance(event, dev.TurnStarted) and event.kind == "query":
                self.platform.begin_turn(self._turn(server, event))
            elif isinstance(event, dev.TurnEnded) and event.message_id:
                self.platform.end_turn(event.message_id)
            report(event)

        server = DevServer(
            options, report=heard, record=self._keep, platform_routes=self.platform.routes()
        )
        return server

    def _from_other(self, event: dev.DevEvent) -> None:
        """Of another target the author sees what its code says; its turns are calls already."""
        if isinstance(event, (dev.LogLine, dev.BotRaised)):
            self._report(replace(event, turn=None))
        elif isinstance(event, (dev.Stalled, dev.Advice, dev.Notice)):
            self._report(event)

    def _keep(self, started: dev.TurnStarted, answer: bytes) -> None:
        self.platform.keep_turn(started.bot, started.request, answer)

    def _turn(self, server: DevServer, report: dev.TurnStarted) -> Turn:
        bot = next((bot for bot in server.bots if bot.name == report.bot), None)
        declared = bot.settings.get("server_bot_dependencies") if bot else None
        return Turn(
            bot=report.bot,
            message_id=report.message_id,
            bot_query_id=str(report.request.get("bot_query_id") or ""),
            dependencies=declared if isinstance(declared, dict) else None,
            access_key=bot.access_key if bot else None,
            faults=self._faults(report),
        )

    def _faults(self, report: dev.TurnStarted) -> tuple[Fault, ...]:
        """Those that the user's own request asks for."""
        try:
            return parse_faults(
                value.decode("latin-1")
                for name, value in report.headers
                if name.lower() == _FAULT_HEADER
            )
        except UsageError as error:
            self._report(dev.Advice(error.message, error.why, error.hint))
            return ()

    def _from_platform(self, event: dev.DevEvent) -> None:
        self.server.note(event)


def _local(bot: dev.ServedBot) -> LocalBot:
    try:
        settings = SettingsResponse.model_validate(bot.settings) if bot.settings else None
    except ValidationError:  # the bot answers none that Poe could use
        settings = None
    return LocalBot(bot.name, bot.url, bot.access_key, settings)
