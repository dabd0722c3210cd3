"""Each bot's sync: read its settings, compare, tell Poe, read the answer, record.

Poe's side: https://creator.poe.com/docs/server-bots/updating-bot-settings
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from poecli.client.bot_query import Retry
from poecli.client.peer import shown_url
from poecli.client.platform_api import SETTINGS_SECONDS, PlatformApi
from poecli.config.credentials import Secret
from poecli.config.project import BotEntry
from poecli.config.settings import Environment
from poecli.errors import (
    BotFault,
    Drift,
    ExitCode,
    KeyProblem,
    NotReachable,
    PoeCliError,
    RateLimited,
    TryLater,
    UsageError,
)
from poecli.settings_sync.bots import access_key_of
from poecli.settings_sync.drift import Settings, changes, read_lock
from poecli.settings_sync.poe_answer import diagnose, read_echo
from poecli.settings_sync.result import SyncResult, show, show_json
from poecli.settings_sync.sources import (
    ReadLocalSettings,
    deployed_settings,
    findings_of,
    local_settings,
    refuse_faulty,
    refuse_key_within,
    wait_for,
)
from poecli.terminal.console import Console
from poecli.waiting import run_async

WAIT_SECONDS = 300.0
# A 500 may be a wrong key or name: asking again would only bring on the rate limit.
_NOT_WORTH_REPEATING = "poe-unexplained"


@dataclass(frozen=True)
class SyncOptions:
    """What to do with each bot. Times are in seconds; ``check`` and ``dry_run`` change nothing.

    ``force`` syncs settings that break a rule.
    """

    base_url: str
    root: Path
    push: bool = False
    check: bool = False
    dry_run: bool = False
    force: bool = False
    wait_for: str | None = None
    seconds: float = SETTINGS_SECONDS
    wait_seconds: float = WAIT_SECONDS
    retry: Retry = field(default_factory=Retry)

    @property
    def action(self) -> str:
        """The word for what is done: check, dry-run, push or fetch."""
        if self.check:
            return "check"
        if self.dry_run:
            return "dry-run"
        return "push" if self.push else "fetch"

    @property
    def sends_nothing(self) -> bool:
        """True where the settings are only compared."""
        return self.check or self.dry_run


def sync_bots(
    console: Console,
    options: SyncOptions,
    entries: Sequence[BotEntry],
    *,
    given: Secret | None,
    environment: Environment,
    read_local: ReadLocalSettings,
) -> int:
    """Sync each bot and tell what came of it; the exit code, of the first bot that failed.

    ``given`` is the access key that a flag gives. Raises KeyMissing before anything is sent.
    """
    needed = not options.sends_nothing
    keys = [
        access_key_of(entry, given, environment, console, needed=needed, base_url=options.base_url)
        for entry in entries
    ]
    results: list[SyncResult] = []
    for entry, key in zip(entries, keys, strict=True):
        results.append(run_async(Sync(options, entry, key, read_local, console.say).run()))
        if not console.json_mode:
            show(console, results[-1])
    if console.json_mode:
        show_json(console, results)
    failed = [result.error for result in results if result.error is not None]
    return failed[0].exit_code if failed else ExitCode.DONE


class Sync:
    """One bot's sync. ``say`` gets words for a person that waits."""

    def __init__(
        self,
        options: SyncOptions,
        bot: BotEntry,
        key: Secret | None,
        read_local: ReadLocalSettings,
        say: Callable[[str], None],
    ) -> None:
        self._options = options
        self._bot = bot
        self._key = key
        self._url = options.wait_for or bot.url
        self._read_local = read_local
        self._say = say
        self._result = SyncResult(bot.name, options.action)

    async def run(self) -> SyncResult:
        """Do what the options say. Never raises a PoeCliError: see ``SyncResult.error``."""
        try:
            await self._sync()
        except PoeCliError as error:
            self._result.error = error
        return self._result

    async def _sync(self) -> None:
        options, result = self._options, self._result
        lock = read_lock(options.root)
        if options.wait_for:
            await wait_for(options.wait_for, self._key, options.wait_seconds, self._say)
        current = await self._current()
        if current is not None:
            refuse_key_within(result.bot, current, self._key)
            result.findings = findings_of(current)
            refuse_faulty(result.bot, result.findings, force=options.force)
            before = lock.settings_of(options.base_url, result.bot)
            result.first_time = before is None
            result.changes = changes(before, current)
        if options.check:
            raise_on_drift(result)
        if options.sends_nothing:
            return
        if self._key is None:
            raise UsageError("A sync requires the bot's access key.")
        words = await self._tell_poe(self._key, current)
        result.synced = True
        stored = read_answer(words, current, result)
        if result.not_stored:
            raise not_stored(result)
        if stored is not None:
            lock.recording(options.base_url, result.bot, stored).write()

    async def _current(self) -> Settings | None:
        """The settings to compare and to push; None when a fetch has to go without."""
        options = self._options
        if options.push or (self._url is None and options.sends_nothing):
            self._result.source = "the local bot"
            return await local_settings(self._bot.name, self._read_local)
        reason = f"Neither poe.toml nor --wait-for has a url for {self._bot.name}."
        if self._url is not None:
            try:
                settings = await deployed_settings(self._url, self._key, options.seconds)
            except PoeCliError as error:
                if options.sends_nothing:
                    raise
                reason = error.message
            else:
                self._result.source = f"the bot at {shown_url(self._url)}"
                return settings
        self._result.notes.append(f"The changes could not be determined. {reason}")
        return None

    async def _tell_poe(self, key: Secret, current: Settings | None) -> str:
        """Poe's words when it took the settings, asked again while that may help."""
        attempt = 1
        while True:
            try:
                return await self._tell_once(key, current)
            except PoeCliError as error:
                delay = None
                if error.id != _NOT_WORTH_REPEATING:
                    delay = self._options.retry.delay(error, attempt, begun=False)
                if delay is None:
                    raise await self._explained(error, key) from error
                self._say(f"{error.message} Trying again in {delay:.1f} s.")
                await asyncio.sleep(delay)
                attempt += 1

    async def _tell_once(self, key: Secret, current: Settings | None) -> str:
        api, bot = PlatformApi(self._options.base_url), self._bot.name
        seconds = self._options.seconds
        if self._options.push and current is not None:
            return await api.update_settings(bot, key, current, seconds=seconds)
        return await api.fetch_settings(bot, key, seconds=seconds)

    async def _explained(self, error: PoeCliError, key: Secret) -> PoeCliError:
        """The error with what tests from here say of its possible causes, where several are."""
        # Poe itself not answering, or asking for patience, says nothing about key and bot.
        if type(error) is NotReachable or isinstance(error, RateLimited):
            return error
        if isinstance(error, (KeyProblem, NotReachable, TryLater)):
            self._result.causes = await diagnose(self._bot, key, self._url)
            error.detail = "\n".join(str(cause) for cause in self._result.causes)
        return error


def read_answer(words: str, current: Settings | None, result: SyncResult) -> Settings | None:
    """What Poe has now, as far as its words and ours tell; None when that is not known."""
    echo = read_echo(words)
    if echo.settings is None:
        result.notes.append(
            "Poe accepted the settings but did not show what it stored, so it can't be verified."
        )
        if current is None:
            result.notes.append("Nothing was written to poe.lock.json.")
        return current
    if current is None:
        result.notes.append("poe.lock.json has what Poe says it stored.")
        return echo.settings
    result.not_stored = echo.differences(current)
    result.verified = not result.not_stored
    return current


def raise_on_drift(result: SyncResult) -> None:
    """Raise Drift when what is there now is not what was synced last."""
    if result.changes:
        never = "It was never synced from here." if result.first_time else ""
        raise Drift(
            f"The settings of {result.bot} differ from the last sync.",
            why=never or f"{len(result.changes)} of them, read from {result.source}.",
            hint=f"poe sync-settings {result.bot}",
        )


def not_stored(result: SyncResult) -> BotFault:
    """The error for an echo that shows other settings than were sent."""
    names = [change.setting for change in result.not_stored]
    if any(name.startswith("parameter") for name in names):
        why = "It dropped parameter_controls."
        hint = "Set response_version=2 in fp.SettingsResponse: older versions have no parameters."
    else:
        why = f"It has a different value for {', '.join(names)}."
        hint = "Sync again, and check the bot's page on Poe."
    return BotFault(
        f"Poe accepted the settings of {result.bot}, but stored others.",
        why=why,
        hint=hint,
        id="not-stored",
    )
