"""Whom a chat talks to: a handle on Poe, a bot server's URL, or a file on this machine."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from poecli.addresses import is_loopback_url, is_web_address
from poecli.client.address import BotAddress
from poecli.config.credentials import ANY_KEY, Secret, api_key_missing
from poecli.errors import KeyMissing, UsageError
from poecli.protocol.foreign_json import whole_text
from poecli.terminal.foreign import one_line

Kind = Literal["handle", "url", "local"]
_HOST_AND_PORT = re.compile(r"^[\w.-]+:[0-9]{1,5}$")
_MODULE_ATTRIBUTE = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?$")


def label_of(bot: BotAddress) -> str:
    """The bot in a prompt."""
    return one_line(bot.name, width=30)


def kind_of(text: str, folder: Path) -> Kind:
    """What a word names. Something that exists below ``folder`` wins over a handle of that name."""
    if is_web_address(text):
        return "url"
    if _MODULE_ATTRIBUTE.match(text) or text.endswith(".py") or "/" in text or "\\" in text:
        return "local"
    return "local" if text in (".", "..") or (folder / text).exists() else "handle"


def absolute(spec: str) -> str:
    """A local target by its whole path, so that its chats are found from every folder."""
    path = Path(spec)
    return str(path.resolve()) if path.exists() else spec


def _key_missing_for(handle: str, folder: Path) -> KeyMissing:
    """The error for a bot on Poe, unless a bot in the folder was meant."""
    from poecli.config.target import near_bot  # noqa: PLC0415 - only a mistake waits for it

    missing = api_key_missing()
    if here := near_bot(folder / handle):
        missing.why = f"{handle!r} is not here, so it is a bot on Poe. {missing.why}"
        missing.hint = f"{here} {missing.hint}"
    return missing


LocalStarter = Callable[[str], Awaitable[BotAddress]]


@dataclass(frozen=True)
class AddressBook:
    """Turns what a person types into a `BotAddress`.

    ``access_key_for`` gives the key that a bot at a URL may see; ``start_local`` starts a bot of
    this machine, and is None where none can be started; ``local_poe`` is the address of the local
    Poe beside it, None while there is none.
    """

    folder: Path
    base_url: str
    api_key: Secret | None
    access_key_for: Callable[[str], Secret | None]
    start_local: LocalStarter | None = None
    local_poe: Callable[[], str | None] = lambda: None

    async def find(self, text: str) -> BotAddress:
        """The bot of that name. Raises UsageError, KeyMissing, BotLoadError."""
        text = text.strip()
        if not text:
            raise UsageError("The name of the bot is empty.", hint="poe chat --help")
        kind = kind_of(text, self.folder)
        if kind != "local":  # the name of a file may hold bytes that are no text
            text = whole_text(text)
        if kind == "url":
            return BotAddress.at(text, self.access_key_for(text))
        if kind == "handle":
            if _HOST_AND_PORT.match(text):
                raise UsageError(
                    f"{text!r} is an address without http://.", hint=f"poe chat http://{text}"
                )
            return self._on_poe(text)
        if self.start_local is None:
            raise UsageError(
                f"{text!r} is a local bot, which a chat can't start.",
                hint=f"Run `poe dev {text}` and give its URL.",
            )
        return await self.start_local(text)

    def _on_poe(self, handle: str) -> BotAddress:
        key, base_url = self.api_key, self.base_url
        if key is None:
            # Beside a bot of this machine its local Poe answers for any other.
            base_url = base_url if is_loopback_url(base_url) else self.local_poe() or base_url
            if not is_loopback_url(base_url):
                raise _key_missing_for(handle, self.folder)
            key = ANY_KEY
        return BotAddress.on_poe(handle, base_url, key)
