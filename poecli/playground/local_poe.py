"""The local Poe beside the bots, as the page shows and sets it, under ``/_poe/api/v1/local``.

GET  local                what is told on the feed as `local`: bots, faults, balance
GET  local/settings       of each bot: as it tells them, as Poe acts on them, what has changed
GET  local/script?bot=    the script that answers for a bot, or one to begin with
POST local/mode           {"bot", "mode"}: as after --bot NAME=
POST local/script         {"bot", "text"}: let it answer for the bot
POST local/faults         {"faults": ["cut=0.3"]}: as after --fault; these and no others
POST local/balance        {"balance"}: in milli-cents of a US dollar
POST local/write          put what was changed here into poe.toml
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from aiohttp import web

from poecli.client.address import BotAddress
from poecli.errors import UsageError
from poecli.playground.requests import from_the_page, json_of, with_reasons

T = TypeVar("T")


class PoeControls(Protocol):
    """What can be asked of the local Poe. What can't be set raises UsageError."""

    def state(self) -> Mapping[str, Any]:
        """Bots, faults and balance."""

    def settings(self) -> Sequence[Mapping[str, Any]]:
        """Of each bot; it reads files."""

    def names(self) -> Sequence[str]:
        """The upstream bots."""

    def address_of(self, name: str) -> BotAddress:
        """Where it is asked."""

    def script_of(self, bot: str) -> Mapping[str, str]:
        """Its file and its text."""

    def set_mode(self, bot: str, text: str) -> None:
        """As after ``--bot NAME=``."""

    def set_script(self, bot: str, text: str) -> None:
        """The text of its script."""

    def set_faults(self, texts: Sequence[str]) -> None:
        """As after ``--fault``."""

    def set_balance(self, amount: int) -> None:
        """In milli-cents of a US dollar."""

    def write(self) -> Sequence[str]:
        """Put it into poe.toml; the files that were written."""


class LocalPoeApi:
    """The routes; ``changed`` is called when something was set."""

    def __init__(self, poe: PoeControls, changed: Callable[[], None]) -> None:
        self._poe = poe
        self._changed = changed

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """All of them, below ``prefix``."""
        return [
            web.get(f"{prefix}/local", self._get),
            web.get(f"{prefix}/local/settings", with_reasons(self._get_settings)),
            web.get(f"{prefix}/local/script", with_reasons(self._get_script)),
            web.post(f"{prefix}/local/mode", from_the_page(self._post_mode)),
            web.post(f"{prefix}/local/script", from_the_page(self._post_script)),
            web.post(f"{prefix}/local/faults", from_the_page(self._post_faults)),
            web.post(f"{prefix}/local/balance", from_the_page(self._post_balance)),
            web.post(f"{prefix}/local/write", from_the_page(self._post_write)),
        ]

    async def _get(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"v": 1, **self._poe.state()})

    async def _get_settings(self, _request: web.Request) -> web.StreamResponse:
        found = await asyncio.to_thread(self._poe.settings)
        return web.json_response({"v": 1, "bots": found})

    async def _get_script(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"v": 1, **self._poe.script_of(request.query.get("bot", ""))})

    async def _post_mode(self, request: web.Request) -> web.StreamResponse:
        body = await json_of(request)
        self._poe.set_mode(_field(body, "bot", str), _field(body, "mode", str))
        return self._told()

    async def _post_script(self, request: web.Request) -> web.StreamResponse:
        body = await json_of(request)
        self._poe.set_script(_field(body, "bot", str), _field(body, "text", str))
        return self._told()

    async def _post_faults(self, request: web.Request) -> web.StreamResponse:
        faults = _field(await json_of(request), "faults", list)
        self._poe.set_faults([str(each) for each in faults])
        return self._told()

    async def _post_balance(self, request: web.Request) -> web.StreamResponse:
        self._poe.set_balance(_field(await json_of(request), "balance", int))
        return self._told()

    async def _post_write(self, _request: web.Request) -> web.StreamResponse:
        return self._told(written=self._poe.write())

    def _told(self, **more: Any) -> web.Response:
        self._changed()
        return web.json_response({"v": 1, **more, **self._poe.state()})


def _field(body: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = body.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        words = {str: "a text", list: "a list", int: "a whole number"}[kind]
        raise UsageError(f"{name} must be {words}.")
    return value
