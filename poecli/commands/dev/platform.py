"""Where the dev server and the local Poe meet: each is told what the other saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from poecli.config.target import Target
from poecli.devserver import reports as dev
from poecli.devserver.server import DevOptions, DevServer
from poecli.emulator import reports as poe
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
        report: dev.Reporter,
        *,
        platform_report: poe.Reporter = lambda _report: None,
    ) -> None:
        self._report = report
        self._platform_report = platform_report
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

    def _served(self, options: DevOptions, report: dev.Reporter) -> DevServer:
        """A server whose turns the local Poe knows, and whose bots find it on their own port."""

        def heard(told: dev.Report) -> None:
            if isinstance(told, dev.TurnStarted) and told.kind == "query":
                self.platform.begin_turn(self._turn(server, told))
            elif isinstance(told, dev.TurnEnded) and told.message_id:
                self.platform.end_turn(told.message_id)
            report(told)

        server = DevServer(
            options, report=heard, record=self._keep, platform_routes=self.platform.routes()
        )
        return server

    def _from_other(self, report: dev.Report) -> None:
        """Of another target the author sees what its code says; its turns are calls already."""
        if isinstance(report, (dev.LogLine, dev.BotRaised)):
            self._report(replace(report, turn=None))
        elif isinstance(report, (dev.Stalled, dev.Advice, dev.Notice)):
            self._report(report)

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

    def _from_platform(self, report: poe.Report) -> None:
        self._platform_report(report)
        words = _OUR_WORDS.get(type(report))
        if words is None:
            return
        told = words(report)
        if isinstance(told, (dev.UpstreamCalled, dev.CostAsked)):
            self.server.note(told)
        else:
            self._report(told)


def _local(bot: dev.Bot) -> LocalBot:
    try:
        settings = SettingsResponse.model_validate(bot.settings) if bot.settings else None
    except ValidationError:  # the bot answers none that Poe could use
        settings = None
    return LocalBot(bot.name, bot.url, bot.access_key, settings)


_OUR_WORDS: dict[type[Any], Callable[[Any], dev.Report]] = {
    poe.UpstreamEnded: lambda r: dev.UpstreamCalled(
        r.message_id, r.bot, r.mode, r.events, r.ms, r.error
    ),
    poe.CostRequested: lambda r: dev.CostAsked(r.message_id, r.kind, r.amount, r.balance, r.ok),
    poe.DependencyRefused: lambda r: dev.Advice(r.message, hint=r.line),
    poe.OverDeclared: lambda r: dev.Advice(
        f"{r.bot} declares {r.declared} calls to {r.upstream} and made {r.made}."
    ),
    poe.FileStored: lambda r: dev.Notice(f"file {r.name} ({r.content_type}): {r.url}"),
    poe.SettingsStored: lambda r: dev.Notice(
        f"settings of {r.bot} reached the local Poe ({r.source})"
    ),
    poe.Complaint: lambda r: dev.Advice(r.message, r.why, r.hint),
}
