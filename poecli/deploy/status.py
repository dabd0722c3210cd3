"""What of a project is live: each bot asked at its URL, and held against what is here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_raw_settings
from poecli.client.health import ask_build
from poecli.config.credentials import Secret, find_access_key
from poecli.config.project import BotEntry
from poecli.config.settings import Environment
from poecli.deploy.live import Place
from poecli.deploy.record import Live, Records
from poecli.errors import ExitCode, KeyRefused, PoeCliError
from poecli.probe.answers import WRONG_KEY

_SECONDS = 30.0
THIS, OTHER, UNKNOWN = "this checkout", "another", "unknown"
RIGHT, REFUSED, MISSING, OPEN = "right", "refused", "not here", "open to all"

Drift = Callable[[str, Mapping[str, Any]], int | None]
"""A bot and the settings that it answers -> how many differ from the last sync; None for never."""


@dataclass(frozen=True)
class BotStatus:
    """Of one bot; "" and None for what is not known. ``drift`` counts settings."""

    bot: str
    url: str = ""
    answers: bool = False
    ms: float | None = None
    build: str = ""
    is_build: str = ""
    key: str = ""
    synced: bool = False
    drift: int = 0
    deployed: Live | None = None
    trouble: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """What a script is told; a bot without a URL is none of its business."""
        if not self.url:
            return ExitCode.DONE
        if not self.answers:
            return ExitCode.NOT_REACHABLE
        if self.key in (REFUSED, MISSING):
            return ExitCode.KEY
        if self.key == OPEN:
            return ExitCode.AT_FAULT
        in_step = self.synced and not self.drift and self.is_build != OTHER
        return ExitCode.DONE if in_step else ExitCode.DRIFT

    def as_json(self) -> dict[str, Any]:
        """Every field, and whether all is well."""
        return {**asdict(self), "ok": self.exit_code is ExitCode.DONE}


@dataclass(frozen=True)
class Looker:
    """Asks bots. ``here`` is the build of this checkout."""

    here: str
    environment: Environment
    records: Records
    drift: Drift

    async def look(self, bot: BotEntry) -> BotStatus:
        """The status of a bot. Raises UsageError for a key that can't be one."""
        live = self.records.of(bot.name).live
        if bot.url is None:
            return BotStatus(bot.name, deployed=live)
        found = find_access_key(self.environment, bot.access_key_env)
        place = Place(bot.url, bot.path, found.value if found else None)
        try:
            began = asyncio.get_running_loop().time()
            is_open = await _accepts(place, WRONG_KEY)
            ms = (asyncio.get_running_loop().time() - began) * 1000
            build = await ask_build(place.health_url, seconds=_SECONDS)
            settings = None if place.key is None else await _settings(place, place.key)
        except KeyRefused:
            settings = None
        except PoeCliError as error:
            return BotStatus(bot.name, bot.url, deployed=live, trouble=error.message)
        drift = None if settings is None else self.drift(bot.name, settings)
        return BotStatus(
            bot.name,
            bot.url,
            answers=True,
            ms=round(ms, 1),
            build=build,
            is_build=self._is_build(build, live),
            key=OPEN if is_open else _key_word(place.key, settings),
            synced=drift is not None,
            drift=drift or 0,
            deployed=live,
        )

    def _is_build(self, build: str, live: Live | None) -> str:
        if build == self.here:
            return THIS
        if live is not None and build == live.answers_as:
            # Its server tells of no build that is ours; what was deployed last is known.
            return THIS if live.build == self.here else OTHER
        return OTHER if build else UNKNOWN


async def _accepts(place: Place, key: Secret) -> bool:
    try:
        await _settings(place, key)
    except KeyRefused:
        return False
    return True


async def _settings(place: Place, key: Secret) -> Mapping[str, Any]:
    times = Timeouts(connect=_SECONDS, first_event=_SECONDS)
    return await ask_raw_settings(BotAddress.at(place.url, key), timeouts=times)


def _key_word(key: Secret | None, settings: Mapping[str, Any] | None) -> str:
    if key is None:
        return MISSING
    return REFUSED if settings is None else RIGHT
