"""What the steps of an examination share: the bot, what it is asked, what it has answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from poecli.addresses import is_loopback
from poecli.client.address import BotAddress
from poecli.client.status import HttpAnswer
from poecli.config.network.proxies import Proxies
from poecli.probe import queries
from poecli.probe.exchange import ProbeAnswer, Wire

_TEXT = "A test of the connection: please answer in one short sentence."


@dataclass(frozen=True)
class Pace:
    """How the far side is known to send its answer: so many events, so many seconds apart."""

    events: int
    apart: float


@dataclass
class Site:
    """A bot at its URL; ``pace`` is None where nobody knows how it answers.

    ``refusal`` is its answer to a wrong key, ``settings_answer`` that to a settings request with
    its own, ``answer`` that to ``question``; each stands once its step was taken.
    """

    wire: Wire
    question: Mapping[str, Any] = field(
        default_factory=lambda: queries.query(queries.message(_TEXT))
    )
    pace: Pace | None = None
    refusal: ProbeAnswer | None = None
    settings_answer: ProbeAnswer | None = None
    answer: ProbeAnswer | None = None

    @property
    def bot(self) -> BotAddress:
        return self.wire.bot

    @property
    def host(self) -> str:
        """The host of the URL, without brackets."""
        return urlsplit(self.bot.url).hostname or ""

    @property
    def is_tls(self) -> bool:
        return urlsplit(self.bot.url).scheme == "https"

    @property
    def port(self) -> int:
        """The port of the URL, or its scheme's own."""
        return urlsplit(self.bot.url).port or (443 if self.is_tls else 80)

    @property
    def is_here(self) -> bool:
        """Whether it is this machine itself, which Poe can't ask."""
        return is_loopback(self.host)

    @property
    def proxy(self) -> str | None:
        """The proxy that stands between: then name, port and TLS are its business."""
        return Proxies(getproxies()).of(self.bot.url)

    def http(self, answer: ProbeAnswer) -> HttpAnswer:
        """An answer in the form that says what its status means; no key is shown of it."""
        keys = (self.bot.key,) if self.bot.key else ()
        return HttpAnswer(answer.status, answer.headers, answer.body, keys)
