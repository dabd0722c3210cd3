"""One bot's sync: read its settings, compare, tell Poe, read the answer, record.

Poe's side: https://creator.poe.com/docs/server-bots/updating-bot-settings
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from poecli.client.peer import shown_url
from poecli.client.platform_api import PlatformApi
from poecli.config.credentials import Secret
from poecli.config.project import BotEntry
from poecli.errors import (
    BotFault,
    Drift,
    KeyProblem,
    NotReachable,
    PoeCliError,
    RateLimited,
    TryLater,
    UsageError,
)
from poecli.settings_sync.changes import changes
from poecli.settings_sync.diagnosis import diagnose
from poecli.settings_sync.echo import read_echo
from poecli.settings_sync.findings import findings_of, refuse_faulty, refuse_key_within
from poecli.settings_sync.lock import read_lock
from poecli.settings_sync.outcome import Outcome, SyncOptions
from poecli.settings_sync.sources import (
    ReadLocalSettings,
    Settings,
    deployed_settings,
    local_settings,
    wait_for,
)

# A 500 may be a wrong key or name: asking again would only bring on the rate limit.
_NOT_WORTH_REPEATING = "poe-unexplained"


@dataclass(frozen=True)
class Syncer:
    """Syncs bots one after the other. ``say`` gets words for a person that waits."""

    options: SyncOptions
    read_local: ReadLocalSettings
    say: Callable[[str], None]

    async def sync(self, entry: BotEntry, key: Secret | None) -> Outcome:
        """Do what the options say with one bot. Never raises a PoeCliError: see `Outcome.error`."""
        outcome = Outcome(entry.name, self.options.action)
        try:
            await self._sync(entry, key, outcome)
        except PoeCliError as error:
            outcome.error = error
        return outcome

    async def _sync(self, entry: BotEntry, key: Secret | None, outcome: Outcome) -> None:
        options = self.options
        lock = read_lock(options.root)
        url = options.wait_for or entry.url
        if options.wait_for:
            await wait_for(options.wait_for, key, options.wait_seconds, self.say)
        current = await self._current(entry, key, url, outcome)
        if current is not None:
            refuse_key_within(entry.name, current, key)
            outcome.findings = findings_of(current)
            refuse_faulty(entry.name, outcome.findings, force=options.force)
            before = lock.settings_of(options.base_url, entry.name)
            outcome.first_time = before is None
            outcome.changes = changes(before, current)
        if options.check:
            raise_on_drift(outcome)
        if options.check or options.dry_run:
            return
        if key is None:
            raise UsageError("A sync needs the bot's access key.")
        words = await self._tell_poe(entry, key, url, current, outcome)
        outcome.synced = True
        stored = read_answer(words, current, outcome)
        if outcome.not_stored:
            raise not_stored(outcome)
        if stored is not None:
            lock.recording(options.base_url, entry.name, stored).write()

    async def _current(
        self, entry: BotEntry, key: Secret | None, url: str | None, outcome: Outcome
    ) -> Settings | None:
        """The settings to compare and to push; None when a fetch has to go without."""
        only_compared = self.options.check or self.options.dry_run
        if self.options.push or (url is None and only_compared):
            outcome.source = "the local bot"
            return await local_settings(entry.name, self.read_local)
        reason = f"Neither poe.toml nor --wait-for names a url of {entry.name}."
        if url is not None:
            try:
                settings = await deployed_settings(url, key, self.options.seconds)
            except PoeCliError as error:
                if only_compared:
                    raise
                reason = error.message
            else:
                outcome.source = f"the bot at {shown_url(url)}"
                return settings
        outcome.notes.append(f"What changes could not be told. {reason}")
        return None

    async def _tell_poe(
        self,
        entry: BotEntry,
        key: Secret,
        url: str | None,
        current: Settings | None,
        outcome: Outcome,
    ) -> str:
        api = PlatformApi(self.options.base_url)
        seconds = self.options.seconds
        attempt = 1
        while True:
            try:
                if self.options.push and current is not None:
                    return await api.update_settings(
                        entry.name, key.reveal(), current, seconds=seconds
                    )
                return await api.fetch_settings(entry.name, key.reveal(), seconds=seconds)
            except PoeCliError as error:
                delay = None
                if error.id != _NOT_WORTH_REPEATING:
                    delay = self.options.retry.delay(error, attempt, begun=False)
                if delay is None:
                    raise await self._explained(error, entry, key, url, outcome) from error
                self.say(f"{error.message} Trying again in {delay:.1f} s.")
                await asyncio.sleep(delay)
                attempt += 1

    async def _explained(
        self, error: PoeCliError, entry: BotEntry, key: Secret, url: str | None, outcome: Outcome
    ) -> PoeCliError:
        """The error with what tests from here say of its possible causes, where several are."""
        # Poe itself not answering, or asking for patience, says nothing about key and bot.
        if type(error) is NotReachable or isinstance(error, RateLimited):
            return error
        if isinstance(error, (KeyProblem, NotReachable, TryLater)):
            outcome.candidates = await diagnose(entry, key, url)
            error.detail = "\n".join(str(candidate) for candidate in outcome.candidates)
        return error


def read_answer(words: str, current: Settings | None, outcome: Outcome) -> Settings | None:
    """What Poe has now, as far as its words and ours tell; None when that is not known."""
    echo = read_echo(words)
    if echo.settings is None:
        outcome.notes.append(
            "Poe took it and did not show what it stored: that could not be verified."
        )
        if current is None:
            outcome.notes.append("Nothing was recorded in poe.lock.json.")
        return current
    if current is None:
        outcome.notes.append("Recorded is what Poe says it stored.")
        return echo.settings
    outcome.not_stored = echo.differences(current)
    outcome.verified = not outcome.not_stored
    return current


def raise_on_drift(outcome: Outcome) -> None:
    """Raise Drift when what is there now is not what was synced last."""
    if outcome.changes:
        never = "It was never synced from here." if outcome.first_time else ""
        raise Drift(
            f"The settings of {outcome.bot} differ from those last synced.",
            why=never or f"{len(outcome.changes)} of them, read from {outcome.source}.",
            hint=f"poe sync-settings {outcome.bot}",
        )


def not_stored(outcome: Outcome) -> BotFault:
    """The error for an echo that shows other settings than were sent."""
    names = [change.setting for change in outcome.not_stored]
    if any(name.startswith("parameter") for name in names):
        why = "It dropped parameter_controls."
        hint = "Set response_version=2 in fp.SettingsResponse: older versions have no parameters."
    else:
        why = f"It has another value for {', '.join(names)}."
        hint = "Sync again, and look at the bot's page on Poe."
    return BotFault(
        f"Poe took the settings of {outcome.bot}, but stored others.",
        why=why,
        hint=hint,
        id="not-stored",
    )
