"""The local Poe as a whole: one object that the dev server mounts and tells of its turns."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from poecli.config.credentials import Secret
from poecli.config.faults import Fault
from poecli.config.redaction import usable_keys
from poecli.dev_events import BotRaised, DevEvent, Listener, LogLine, TurnStarted, ViolationSeen
from poecli.emulator.attached_files import AttachedFiles
from poecli.emulator.bots import modes
from poecli.emulator.bots.cassette import Cassette
from poecli.emulator.bots.dispatcher import Dispatcher
from poecli.emulator.bots.frozen import FrozenTurns
from poecli.emulator.bots.local_bots import LocalBots, LocalUpstream
from poecli.emulator.bots.mock_bot import MockBot
from poecli.emulator.bots.modes import Mode
from poecli.emulator.bots.poe_bots import LiveBot, RecordingBot, ReplayingBot
from poecli.emulator.bots.scripted_bot import ScriptedBot
from poecli.emulator.bots.upstream import SharedSession, UpstreamBot
from poecli.emulator.faults import FaultInjector
from poecli.emulator.routes.bot_routes import BotRoutes
from poecli.emulator.routes.cost_routes import CostRoutes
from poecli.emulator.routes.file_routes import FileRoutes
from poecli.emulator.routes.model_routes import ModelRoutes
from poecli.emulator.routes.settings_routes import SettingsRoutes
from poecli.emulator.routes.usage_routes import UsageRoutes
from poecli.emulator.routes.v1.endpoint import V1Routes
from poecli.emulator.state.costs import DEFAULT_BALANCE, Balance
from poecli.emulator.state.files import FileStore
from poecli.emulator.state.journal import Journal
from poecli.emulator.state.turns import Turns, UserTurn
from poecli.emulator.state.usage import UsageLog
from poecli.poe_pages import API_URL
from poecli.turns.files import FOLDER
from poecli.turns.journal import Retention
from poecli.turns.kept import KeptAnswer


@dataclass(frozen=True)
class PlatformOptions:
    """How the local Poe behaves.

    ``state`` is the project's `.poe` folder; scripts and cassettes are found from ``root``;
    ``balance`` is in milli-cents of a US dollar; ``api_key`` pays for live calls.
    """

    state: Path
    root: Path
    bots: Mapping[str, Mode] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    balance: int = DEFAULT_BALANCE
    api_key: Secret | None = None
    keep: Retention = field(default_factory=Retention)
    access_keys: Mapping[str, Secret] = field(default_factory=dict)
    base_url: str = API_URL

    @property
    def secrets(self) -> list[str]:
        """The keys that are known, each long enough to be told from words."""
        keys = [*self.access_keys.values(), self.api_key]
        return usable_keys(key.reveal() for key in keys if key is not None)


class Platform:
    """The local Poe. Mount `routes()`; tell of every turn with `begin_turn` and `end_turn`.

    ``dispatcher``, ``faults`` and ``balance`` may be set otherwise while it runs.
    """

    def __init__(
        self,
        options: PlatformOptions,
        *,
        report: Listener,
        local_bots: LocalBots,
    ) -> None:
        self._options = options
        self._report = report
        self._local = local_bots
        self._shared = SharedSession()
        self._turns = Turns()
        self._journal = Journal(options.state, report, options.secrets, self._turns, options.keep)
        self.balance = Balance(options.balance)
        self._usage = UsageLog(lambda: time.time_ns() // 1000)
        self._cassettes: dict[str, Cassette] = {}
        self.faults = FaultInjector(options.faults, seed=options.seed)
        self.frozen = FrozenTurns()
        self.public_origin = ""  # of a tunnel, while there is one
        self.files = FileStore(
            options.state / FOLDER,
            lambda: self.public_origin if self._turns.any_tunneled else "",
        )
        self._attached = AttachedFiles(self.files, self._shared)
        self.dispatcher = Dispatcher(
            options.bots,
            build=self._build,
            known=lambda bot: bot in self._local.names(),
            frozen=self.frozen,
            turns=self._turns,
            faults=self.faults,
            report=self._tell,
            keep=self._journal.keep_call,
        )

    def routes(self) -> list[web.RouteDef]:
        """All endpoints. Order matters: costs and settings share the prefix of the bots."""
        tell = self._tell
        costs = CostRoutes(self.balance, self._turns, self.faults, tell, frozen=self.frozen)
        settings = SettingsRoutes(
            self._options.state / "settings",
            self._local,
            self._options.access_keys,
            tell,
        )
        return [
            *costs.routes(),
            *settings.routes(),
            *BotRoutes(self.dispatcher, tell).routes(),
            *FileRoutes(self.files, self.faults, tell).routes(),
            *UsageRoutes(self.balance, self._usage).routes(),
            *ModelRoutes(self.dispatcher, self._local).routes(),
            *V1Routes(self.dispatcher, self.faults, self._local, tell).routes(),
        ]

    def public_routes(self) -> list[web.RouteDef]:
        """What may be had from outside: files, by ids that nobody can guess."""
        return [FileRoutes(self.files, self.faults, self._tell).handing_out()]

    def begin_turn(self, turn: UserTurn) -> None:
        """A query is being handed to a bot of the author's."""
        self._turns.begin(turn)
        self._journal.begin_turn(turn)
        self._usage.begin(turn)

    def keep_files(self, started: TurnStarted) -> None:
        """A query came, and may have files attached that are served only now."""
        self._attached.keep(started)

    def keep_turn(self, started: TurnStarted, answer: KeptAnswer) -> None:
        """An answer is complete: call this before its last bytes go out."""
        self._journal.keep_turn(started, answer)

    def keep_note(self, turn_id: str, event: LogLine | BotRaised | ViolationSeen) -> None:
        """What a bot printed, where it broke."""
        self._journal.keep_note(turn_id, event)

    def forget_turns(self) -> None:
        """Take away the turns that were kept so far. Raises OSError."""
        self._journal.forget_turns()

    def end_turn(self, message_id: str) -> None:
        """The answer is over."""
        turn = self._turns.find(message_id=message_id)
        if turn is None:
            return
        self.balance.release(turn.bot_query_id)
        for unused in self._turns.end(message_id):
            self._tell(unused)

    async def close(self) -> None:
        """Let go of connections to other servers."""
        await self._attached.close()
        await self._shared.close()

    def _tell(self, event: DevEvent) -> None:
        self._journal.hear(event)
        self._usage.hear(event)
        self._report(event)

    def _build(self, bot: str, mode: Mode) -> UpstreamBot:
        if mode.kind == modes.MOCK:
            return MockBot(
                self.files,
                seed=self._options.seed,
                shape=mode.argument,
                latency=mode.latency,
            )
        if mode.kind == modes.LOCAL:
            return LocalUpstream(
                self._local, mode.argument or bot, self._shared, self.files, mode.latency
            )
        if mode.kind == modes.SCRIPT:
            return ScriptedBot(self._options.root / mode.argument, self.files, mode.latency)
        return self._from_poe(mode)

    def _from_poe(self, mode: Mode) -> UpstreamBot:
        """The modes whose answers come from the real Poe, now or earlier."""
        options = self._options
        live = LiveBot(options.base_url, options.api_key, self._shared)
        if mode.kind == modes.LIVE:
            return live
        cassette = self._cassettes.setdefault(mode.argument, Cassette(options.root / mode.argument))
        if mode.kind == modes.RECORD:
            return RecordingBot(live, cassette, options.secrets, self._tell)
        return ReplayingBot(cassette, options.secrets, mode.latency)
