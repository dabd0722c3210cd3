"""What answers at a bot's URL: the new code, or still the old.

The first 200 says nothing: while a provider replaces servers the old ones answer too. What does:

- ``/health`` names the build that the deploy gave it (POE_BUILD);
- ``/health`` names another build than before: a server that was not given ours names its own;
- the settings are those of the code here, and were others before;
- nothing answered there before.

Where none of it can be had, the code can't be told from outside, and that is what is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_raw_settings
from poecli.client.health import ask_build
from poecli.config.builds import HEALTH_PATH
from poecli.config.credentials import Secret
from poecli.errors import BotFault, KeyProblem, PoeCliError, TimedOut

# Behind a load balancer the next request may come to another server.
_IN_A_ROW = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0
_ASK_SECONDS = 60.0

SettingsDigest = Callable[[Mapping[str, Any]], str]
"""Settings -> what tells those apart that Poe would tell apart."""


class Proof(Enum):
    """By what the new code is known: a name for programs, and words."""

    BUILD = "build", "/health names the new build"
    CHANGED_BUILD = "changed-build", "/health names another build than before"
    SETTINGS = "settings", "it answers the new settings"
    FIRST_ANSWER = "first-answer", "nothing answered there before"
    NONE = "none", "it answers, perhaps with the old code: it has no /health that names a build"


@dataclass(frozen=True)
class LiveAnswer:
    """What a bot said; ``settings`` is a digest, asked for only where there is no build."""

    build: str
    settings: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a bot is deployed, at a path of its server."""

    url: str
    path: str
    key: Secret | None

    @property
    def health_url(self) -> str:
        """That of its server."""
        return self.url.rstrip("/").removesuffix(self.path.rstrip("/")) + HEALTH_PATH

    async def ask(self, digest: SettingsDigest, seconds: float = _ASK_SECONDS) -> LiveAnswer:
        """One look. Raises PoeCliError where nobody answers as a bot."""
        clock = asyncio.get_running_loop().time
        began = clock()
        build = await ask_build(self.health_url, seconds=seconds)
        if build:
            return LiveAnswer(build, seconds=clock() - began)
        times = Timeouts(first_event=seconds)
        settings = await ask_raw_settings(BotAddress.at(self.url, self.key), timeouts=times)
        return LiveAnswer("", digest(settings), clock() - began)


@dataclass(frozen=True)
class NewCode:
    """``build`` is the new one, ``before`` what the old code said; None where nothing did.

    ``local_settings`` gives the digest of the code here, when it is needed.
    """

    build: str
    before: LiveAnswer | None
    local_settings: Callable[[], Awaitable[str]]

    async def proof(self, seen: LiveAnswer) -> Proof | None:
        """By what an answer is the new code's; None while it is the old one's."""
        before = self.before
        if seen.build:
            if seen.build == self.build:
                return Proof.BUILD
            if before is None:
                return Proof.FIRST_ANSWER
            return Proof.CHANGED_BUILD if seen.build != before.build else None
        if before is None:
            return Proof.FIRST_ANSWER
        if before.settings == await self.local_settings():
            return Proof.NONE
        return None if seen.settings == before.settings else Proof.SETTINGS


@dataclass(frozen=True)
class Arrived:
    """The new code answers. ``slowest`` is the longest that one look took: a cold start's time."""

    proof: Proof
    answer: LiveAnswer
    slowest: float


async def wait_for_new_code(
    place: Place, expected: NewCode, digest: SettingsDigest, *, seconds: float
) -> Arrived:
    """Ask until the new code answers several times in a row.

    Raises TimedOut for a bot that does not answer, BotFault for one that still is the old.
    """
    clock = asyncio.get_running_loop().time
    end, pause, in_a_row, slowest = clock() + seconds, _FIRST_PAUSE, 0, 0.0
    while True:
        try:
            seen = await place.ask(digest, max(1.0, min(_ASK_SECONDS, end - clock())))
        except PoeCliError as error:
            trouble, in_a_row = error, 0
        else:
            slowest = max(slowest, seen.seconds)
            proof = await expected.proof(seen)
            in_a_row = in_a_row + 1 if proof else 0
            if proof is not None and in_a_row >= _IN_A_ROW:
                return Arrived(proof, seen, slowest)
            trouble = _old_code(place, seen)
        if clock() + pause >= end:
            raise _in_vain(place, trouble, seconds)
        await asyncio.sleep(pause if in_a_row == 0 else _FIRST_PAUSE)
        pause = min(_LONGEST_PAUSE, pause * 1.5)


def _old_code(place: Place, seen: LiveAnswer) -> BotFault:
    told = f"/health there names build {seen.build}." if seen.build else "Its settings are the old."
    return BotFault(
        f"{place.url} still answers with the old code.",
        why=told,
        hint="Look at the provider's log. If its deploy only takes longer: --wait SECONDS",
        id="old-code",
    )


def _in_vain(place: Place, trouble: PoeCliError, seconds: float) -> PoeCliError:
    if isinstance(trouble, (BotFault, KeyProblem)):
        return trouble
    return TimedOut(
        f"{place.url} did not answer within {seconds:g} s.",
        why=f"The last try: {trouble.message}",
        hint="Look at the provider's log. If it only takes longer: --wait SECONDS",
    )
