"""One deploy, from the check to the synced settings; taken up where it stopped.

Up to the provider's own step nothing has changed for users. From there until the new code has
been probed a failure is rolled back; after that the code stays, and only Poe is left to be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from poecli.config.builds import BUILD_VARIABLE
from poecli.config.credentials import Secret
from poecli.config.project import BotEntry
from poecli.config.redaction import secret_values
from poecli.config.settings import Environment
from poecli.deploy.deployment import Deployment, names_of
from poecli.deploy.exposed import refuse_exposed
from poecli.deploy.live import LiveAnswer, NewCode, Place, SettingsDigest, wait_for_new_code
from poecli.deploy.program import ProviderFailed, ProviderShell, run
from poecli.deploy.progress import Progress
from poecli.deploy.providers.provider import Action, Before, Command
from poecli.deploy.record import BotRecord, Live, Records
from poecli.deploy.steps import DeployResult, StepDone, to_enter
from poecli.errors import PoeCliError, UsageError
from poecli.protocol.limits import FIRST_EVENT_SECONDS

_OLD_CODE_SECONDS = 60.0
_DIGEST_CHARACTERS = 12


@dataclass(frozen=True)
class Helpers:
    """What other parts do. Each says what it found, and raises where that is not good.

    ``local_settings`` are the raw settings of the code here.
    """

    check: Callable[[Deployment], Awaitable[str]]
    test: Callable[[Deployment], Awaitable[str]]
    probe: Callable[[BotEntry, Secret], Awaitable[str]]
    sync: Callable[[BotEntry, Secret], Awaitable[str]]
    write_url: Callable[[BotEntry, str], str]
    local_settings: Callable[[str], Awaitable[Mapping[str, Any]]]
    digest: SettingsDigest


@dataclass(frozen=True)
class DeployContext:
    """What a deploy works with. ``skip`` are steps; ``tell`` hears of each one's begin and end.

    ``wait_seconds`` is how long the new code may take to answer.
    """

    environment: Environment
    records: Records
    helpers: Helpers
    around: ProviderShell
    tell: Callable[[str | StepDone], None]
    skip: Collection[str] = ()
    wait_seconds: float = 300.0


class Deploy:
    """Takes the steps of one deployment."""

    def __init__(self, deployment: Deployment, build: str, context: DeployContext) -> None:
        self.result = DeployResult(deployment, build)
        self._deployment = deployment
        self._provider = deployment.provider
        self._context = context
        self._helpers = context.helpers
        self._around = context.around
        self._progress = Progress(self.result, context.records, context.tell, context.skip)
        self._keys: dict[str, Secret] = {}
        self._places: dict[str, Place] = {}

    async def run(self) -> DeployResult:
        """All steps. Never raises a PoeCliError: see ``DeployResult.error``."""
        try:
            await self._before_the_provider()
            await self._by_the_provider()
            await self._told_to_poe()
        except PoeCliError as error:
            self.result.error = error
        return self.result

    async def _before_the_provider(self) -> None:
        deployment, helpers, step = self._deployment, self._helpers, self._progress.step
        await step("check", partial(helpers.check, deployment), once=True)
        await step("tests", partial(helpers.test, deployment), once=True)
        await step("keys", self._check_keys)
        await step("now", self._look_before, once=True)

    async def _by_the_provider(self) -> None:
        if self._provider.secrets() is not None:
            await self._progress.step("secrets", self._send_secrets)
        actions = self._provider.actions(self.result.build, self._before)
        for action in actions:
            if action is actions[-1]:
                sent = hashlib.sha256(self._around.secrets).hexdigest()[:_DIGEST_CHARACTERS]
                self._progress.goes_live(action.name, sent)
            try:
                await self._progress.step(action.name, partial(self._act, action), once=True)
            except ProviderFailed as error:
                if action.goes_live:
                    await self._roll_back(error)
                raise
        await self._progress.step("url", self._find_url)
        try:
            await self._progress.step("wait", self._wait)
            await self._progress.step("probe", partial(self._each_bot, self._helpers.probe))
        except PoeCliError as error:
            await self._roll_back(error)
            raise

    async def _told_to_poe(self) -> None:
        self._say_what_to_enter()
        try:
            await self._progress.step("sync", partial(self._each_bot, self._helpers.sync))
        except PoeCliError as error:
            if self.result.enter:
                error.hint = f"Enter the two values, then run this again. {error.hint}".strip()
            raise
        self._keep_live()

    # --- steps ---

    async def _check_keys(self) -> str:
        self._keys = self._deployment.keys(self._context.environment)
        variables = self._deployment.variables(self._context.environment)
        secret = [v for n, v in variables.items() if _is_key(n, v, self._keys.values())]
        refuse_exposed(self._deployment.root, secret)
        try:
            encoded = self._provider.encoded(variables)
        except ValueError as error:
            raise UsageError(f"The bot's variables can't be sent: {error}.") from error
        env = {**self._around.env, BUILD_VARIABLE: self.result.build}
        self._around = replace(self._around, env=env, secrets=encoded)
        return f"{len(self._keys)} there, none in a file that git tracks"

    async def _look_before(self) -> str:
        version, question = "", self._provider.question()
        if question is not None:
            # A program that knows no such app says so by failing.
            with suppress(ProviderFailed, ValueError, LookupError, TypeError, AttributeError):
                quiet = replace(self._around, show=lambda _line: None)
                version = self._provider.version_in(await run(question, quiet))
        live, url = self._progress.live_before, self._deployment.bots[0].url
        answer: LiveAnswer | None = None
        if url is not None:
            with suppress(PoeCliError):
                answer = await self._place(self._deployment.bots[0], url).ask(self._helpers.digest)
        seen = answer or LiveAnswer("")
        self._progress.keep(
            replace(
                self._progress.begun,
                version=version,
                build_before=live.build if live else "",
                answered=answer is not None,
                answered_as=seen.build,
                settings_before=seen.settings,
            )
        )
        answers = f"build {seen.build} answers" if seen.build else "a bot answers"
        return answers if answer else "nothing answers yet"

    async def _send_secrets(self) -> str:
        if command := self._provider.secrets():
            await run(command, self._around)
        return names_of(self._deployment.variables(self._context.environment))

    async def _act(self, action: Action) -> str:
        for command in action.commands:
            output = await run(command, self._around)
            if found := self._provider.url.findall(output):
                self._progress.keep(replace(self._progress.begun, url=found[-1].rstrip(".,)")))
        return str(action.commands[-1])

    async def _find_url(self) -> str:
        notes = []
        base = (self._progress.begun.url or self._provider.default_url).rstrip("/")
        for bot in self._deployment.bots:
            url = bot.url or (f"{base}{bot.path}" if base else "")
            if not url:
                raise UsageError(
                    f"The URL of {bot.name} is not known.",
                    why="The provider's program printed none.",
                    hint=f'Write url = "https://…" below [bots.{bot.name}] in poe.toml, and run '
                    "this again.",
                    id="no-url",
                )
            self.result.urls[bot.name] = url
            self._places[bot.name] = self._place(bot, url)
            if bot.url is None:
                notes.append(self._helpers.write_url(bot, url))
            elif base and not url.startswith(base):
                notes.append(f"{bot.name} is asked at {url} of poe.toml, not at {base}")
        return "; ".join(notes) or ", ".join(self.result.urls.values())

    async def _wait(self) -> str:
        begun, first = self._progress.begun, self._deployment.bots[0]
        before = LiveAnswer(begun.answered_as, begun.settings_before) if begun.answered else None
        expected = NewCode(self.result.build, before, self._local_settings)
        place, seconds = self._places[first.name], self._context.wait_seconds
        arrived = await wait_for_new_code(place, expected, self._helpers.digest, seconds=seconds)
        self.result.proof, words = arrived.proof.value
        self.result.answers_as = arrived.answer.build
        self.result.slowest = arrived.slowest
        slow = f"slowest answer {arrived.slowest:.1f} s of the {FIRST_EVENT_SECONDS.value} that Poe"
        return f"{words}; {slow} waits"

    async def _local_settings(self) -> str:
        settings = await self._helpers.local_settings(self._deployment.name)
        return self._helpers.digest(settings)

    async def _each_bot(self, helper: Callable[[BotEntry, Secret], Awaitable[str]]) -> str:
        urls = self.result.urls
        there = [replace(bot, url=urls[bot.name]) for bot in self._deployment.bots]
        return "; ".join([await helper(bot, self._keys[bot.name]) for bot in there])

    # --- the end ---

    def _say_what_to_enter(self) -> None:
        """Once: when Poe has not been told of this URL yet."""
        for bot in self._deployment.bots:
            live, url = self._context.records.of(bot.name).live, self.result.urls[bot.name]
            if live is None or live.url != url:
                self.result.enter.append(to_enter(bot, url))

    def _keep_live(self) -> None:
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        for bot in self._deployment.bots:
            url, to = self.result.urls[bot.name], self._deployment.table.to
            live = Live(self.result.build, to, url, at, self.result.answers_as)
            self._context.records.keep(bot.name, BotRecord(live))

    async def _roll_back(self, error: PoeCliError) -> None:
        """Bring back what was there, and add to the error what became of that."""
        commands = self._provider.undo(self.result.build, self._before)
        if not commands:
            self.result.rolled_back = False
            has_old = self._progress.begun.answered or self._progress.begun.version
            reason = "poe.toml names no way back" if has_old else "nothing was there before"
            error.why = f"{error.why} It was not rolled back: {reason}.".strip()
            return
        try:
            await self._progress.step("rollback", partial(self._undo, commands))
        except PoeCliError as failure:
            self.result.rolled_back = False
            error.why = f"{error.why} It could not be rolled back: {failure.message}".strip()
            return
        self.result.rolled_back = True
        self._progress.forget()
        error.why = f"{error.why} It was rolled back; the settings on Poe are as before.".strip()

    async def _undo(self, commands: Sequence[Command]) -> str:
        for command in commands:
            await run(command, self._around)
        begun, first = self._progress.begun, self._deployment.bots[0]
        url = first.url or begun.url
        if not (begun.answered and url):
            return "the version before"
        place = self._places.get(first.name) or self._place(first, url)
        old = NewCode(begun.answered_as, LiveAnswer(self.result.build), self._local_settings)
        await wait_for_new_code(place, old, self._helpers.digest, seconds=_OLD_CODE_SECONDS)
        return f"{place.url} answers as before"

    # --- what is known ---

    @property
    def _before(self) -> Before:
        begun = self._progress.begun
        return Before(begun.version, begun.build_before)

    def _place(self, bot: BotEntry, url: str) -> Place:
        return Place(url, bot.path, self._keys[bot.name])


def _is_key(name: str, value: str, keys: Collection[Secret]) -> bool:
    return value in (key.reveal() for key in keys) or bool(secret_values({name: value}))
