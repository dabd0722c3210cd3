"""A bot with its address and its key; here, and nowhere else in the client, keys are revealed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from poecli import __version__
from poecli.addresses import is_loopback_url
from poecli.client.peer import Peer, bot_query_url
from poecli.config.credentials import Secret
from poecli.errors import UsageError
from poecli.poe_pages import API_URL

_VISIBLE_ASCII = range(0x21, 0x7F)


@dataclass(frozen=True)
class BotAddress:
    """One bot: what it is called, where it is asked, and with which key.

    ``handle`` is set where Poe answers for it: ``key`` is then a user's API key, else the bot's
    access key. ``typed`` is what a person named it by, where that is a file or a folder.
    """

    name: str
    url: str
    key: Secret | None = None
    handle: str | None = None
    typed: str = ""
    url_was_given: bool = True  # else errors call the bot by its name

    @classmethod
    def at(cls, url: str, key: Secret | None = None) -> BotAddress:
        """A bot at its own URL. Its name is that in ``…/bot/NAME``, else the host."""
        try:
            parts = urlsplit(url)
        except ValueError:  # a bracket that is not closed: whoever asks is told
            return cls(url, url, key)
        last = parts.path.rstrip("/").rsplit("/", 1)[-1]
        return cls(last or parts.netloc.rsplit("@", 1)[-1], url, key)

    @classmethod
    def on_poe(cls, handle: str, base_url: str, key: Secret | None) -> BotAddress:
        """A bot that is asked through Poe."""
        return cls(handle, bot_query_url(handle, base_url), key, handle)

    @property
    def peer(self) -> Peer:
        """Who answers, as errors name it: Poe also for a URL of its host."""
        handle, parts = self.handle, urlsplit(self.url)
        if handle is None and parts.hostname == urlsplit(API_URL).hostname:
            handle = parts.path.rsplit("/", 1)[-1]
        return Peer(self.url, handle, label=None if self.url_was_given else self.name)

    @property
    def on_this_machine(self) -> bool:
        """True when the bot can reach a server of ours on the loopback address."""
        return self.handle is None and is_loopback_url(self.url)


def request_headers(
    key: Secret | None, extra: Mapping[str, str] | None = None, *, scheme: str = "Bearer "
) -> dict[str, str]:
    """The headers of a request, with the key for its recipient.

    Raises UsageError, without the value, for what no header can carry: h11's own error would
    quote the key.
    """
    headers = {"User-Agent": f"poecli/{__version__}"}
    if key is not None:
        value = key.reveal()
        if any(ord(character) not in _VISIBLE_ASCII for character in value):
            raise UsageError(
                "The key is not valid.",
                why="It contains a space, a line break or a character outside ASCII.",
                hint="Copy it again.",
            )
        headers["Authorization"] = f"{scheme}{value}"
    for name, value in (extra or {}).items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(
            r"[\x20-\x7e\t]*", value
        ):
            raise UsageError(f"The header {name!r} can't be sent.", why="It breaks RFC 9110.")
        headers[name] = value
    return headers


def settings_url(base_url: str, verb: str, bot: str, key: Secret, version: str) -> str:
    """Where Poe is told of a bot's settings: the one address with a key in its path."""
    parts = (quote(part, safe="") for part in (bot, key.reveal(), version))
    return f"{base_url}/bot/{verb}_settings/{'/'.join(parts)}"


def masked(text: str, keys: Iterable[Secret | None]) -> str:
    """A text without the keys, in which form ever it echoes them."""
    for key in keys:
        if key is not None and (value := key.reveal()):
            text = text.replace(value, "****").replace(quote(value, safe=""), "****")
    return text
