"""Whom we ask, and what of it may be shown: no text made here holds a key.

An address is shown without user info, query and the key that some of Poe's paths carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from poecli.config.redaction import without_shapes
from poecli.poe_pages import API_URL

_SCHEME = re.compile(r"\w+://")
_USER_INFO = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True)
class Peer:
    """Whom we ask, for the texts of errors.

    ``bot`` is a handle on Poe, or None for a bot's own URL; ``poe`` marks what Poe itself offers.
    ``label`` names a bot whose URL is none that a person gave.
    """

    url: str
    bot: str | None = None
    poe: bool = False
    label: str | None = None

    @property
    def on_poe(self) -> bool:
        """True when Poe stands between us and the bot."""
        return self.poe or self.bot is not None

    @property
    def name(self) -> str:
        """The bot as a reader knows it: its handle, or its address."""
        if self.bot or self.label:
            return f"the bot {self.bot or self.label!r}"
        return "Poe" if self.poe else f"the bot at {self.address}"

    @property
    def answerer(self) -> str:
        """Who speaks HTTP with us: Poe, or the bot itself."""
        return "Poe" if self.on_poe else self.name

    @property
    def host(self) -> str:
        """Host and port, fit to be shown."""
        if self.label:
            return self.name
        return self.address.split("://", 1)[-1].split("/", 1)[0]

    @property
    def address(self) -> str:
        """The URL, fit to be shown."""
        if self.label:
            return self.name
        return shown_url(self.url)


def shown_url(url: str) -> str:
    """A URL without the parts that may be secret: user info, query, a key in the path."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return without_shapes(_USER_INFO.sub("//", bare))


def bot_query_url(bot: str, base_url: str = API_URL) -> str:
    """The URL that asks a bot on Poe. ``base_url`` may end in ``/v1``, ``/bot`` and slashes."""
    base = base_url.rstrip("/").removesuffix("/v1").removesuffix("/bot").rstrip("/")
    return f"{base}/bot/{quote(bot, safe='')}"


def first_upper(text: str) -> str:
    """A sentence from words that begin with a small letter; a URL stays as it is."""
    return text if _SCHEME.match(text) else text[:1].upper() + text[1:]
