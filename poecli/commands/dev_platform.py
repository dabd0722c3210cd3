"""Where the dev server and the local Poe meet: each is told what the other saw."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from poecli.devserver import reports as dev
from poecli.devserver.server import DevOptions, DevServer
from poecli.emulator import reports as poe
from poecli.emulator.local_bots import LocalBot
from poecli.emulator.platform import Platform, PlatformOptions
from poecli.emulator.turns import Turn
from poecli.hosting.target import Target
from poecli.protocol.settings import SettingsResponse


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
        self._options = options
        self.platform = Platform(platform, report=self._from_platform, local_bots=self)
        self.server = DevServer(
            options,
            report=self._from_server,
            record=self._keep,
            platform_routes=self.platform.routes(),
        )

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
        """A bot of this server, or of another target, which is then started without reload."""
        for bot in self.server.bots:
            if bot.name == target:
                return _local(bot)
        other = self._others.get(target)
        if other is None:
            parsed = Target.parse(target, Path(self._options.target.root))
            other = DevServer(DevOptions(parsed, port=0, reload=False, reload_with="fresh"))
            self._others[target] = await self._stack.enter_async_context(other)
        first = (await other.wait_ready())[0]
        return _local(first)

    # --- what each says to the other, and to the author ---

    def _from_server(self, report: dev.Report) -> None:
        if isinstance(report, dev.TurnStarted) and report.kind == "query":
            self.platform.begin_turn(self._turn(report))
        elif isinstance(report, dev.TurnEnded) and report.message_id:
            self.platform.end_turn(report.message_id)
        self._report(report)

    def _keep(self, started: dev.TurnStarted, answer: bytes) -> None:
        self.platform.keep_turn(started.bot, started.request, answer)

    def _turn(self, report: dev.TurnStarted) -> Turn:
        bot = next((bot for bot in self.server.bots if bot.name == report.bot), None)
        declared = bot.settings.get("server_bot_dependencies") if bot else None
        return Turn(
            bot=report.bot,
            message_id=report.message_id,
            bot_query_id=str(report.request.get("bot_query_id") or ""),
            dependencies=declared if isinstance(declared, dict) else None,
            access_key=bot.access_key if bot else None,
        )

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
