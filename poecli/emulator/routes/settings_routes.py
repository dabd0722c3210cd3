"""``POST /bot/fetch_settings/…`` and ``/bot/update_settings/…``: settings reach the local Poe.

Poe answers a wrong key, an unknown bot and an unreachable one alike, with a bare 500; so does
this, and tells the author which it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from poecli.client.bot_query import ask_settings
from poecli.config.credentials import Secret
from poecli.dev_events import Advice, Listener, SettingsStored
from poecli.emulator.bots.local_bots import LocalBots
from poecli.emulator.routes.wire import read_json
from poecli.emulator.state.files import safe_name
from poecli.errors import PoeCliError
from poecli.protocol.messages import misfits
from poecli.protocol.requests import BadRequest
from poecli.protocol.settings import SettingsResponse
from poecli.safe_files import write_whole
from poecli.suggestions import did_you_mean
from poecli.system_errors import reason_of


class SettingsRoutes:
    """Fetched and pushed settings, kept in `.poe/settings`."""

    def __init__(
        self,
        folder: Path,
        bots: LocalBots,
        access_keys: Mapping[str, Secret],
        report: Listener,
    ) -> None:
        self._folder = folder
        self._bots = bots
        self._access_keys = access_keys
        self._report = report

    def routes(self) -> list[web.RouteDef]:
        """Both endpoints, with and without a protocol version."""
        return [
            web.post("/bot/fetch_settings/{name}/{key}", self.fetch),
            web.post("/bot/fetch_settings/{name}/{key}/{version}", self.fetch),
            web.post("/bot/update_settings/{name}/{key}/{version}", self.update),
        ]

    async def fetch(self, request: web.Request) -> web.Response:
        """Ask the bot for its settings, as Poe does, and keep them."""
        name = request.match_info["name"]
        if refused := self._refused(request):
            return refused
        try:
            bot = await self._bots.reach(name)
            settings = await ask_settings(bot)
        except PoeCliError as error:
            return self._failed(name, error.message, error.hint)
        return self._keep(name, "fetch_settings", settings)

    async def update(self, request: web.Request) -> web.Response:
        """Keep the settings in the body; the bot need not be reachable."""
        name = request.match_info["name"]
        if refused := self._refused(request):
            return refused
        try:
            settings = SettingsResponse.model_validate(await read_json(request))
        except BadRequest as error:
            return self._failed(name, str(error))
        except ValidationError as error:
            return self._failed(name, misfits(error)[0])
        return self._keep(name, "update_settings", settings)

    def _refused(self, request: web.Request) -> web.Response | None:
        name, served = request.match_info["name"], self._bots.names()
        # make_app pushes while the first bot is still loading: nothing is known of names then.
        if served and name not in served and name not in self._access_keys:
            return self._failed(name, "there is no such bot here", did_you_mean(name, served))
        if not self._key_fits(request):
            return self._failed(name, "the access key is not that of the bot")
        return None

    def _key_fits(self, request: web.Request) -> bool:
        expected = self._access_keys.get(request.match_info["name"])
        given = request.match_info["key"].encode()
        return expected is None or secrets.compare_digest(expected.reveal().encode(), given)

    def _keep(self, name: str, source: str, settings: SettingsResponse) -> web.Response:
        stored: dict[str, Any] = settings.model_dump()
        data = settings.model_dump_json(indent=2).encode()
        try:
            write_whole(self._folder / f"{safe_name(name)}.json", data)
        except OSError as error:
            return self._failed(name, f"the settings can't be kept: {reason_of(error)}")
        text = f"settings of {name} reached the local Poe ({source})"
        self._report(SettingsStored(text, bot=name, source=source))
        # Poe echoes what it stored as Python's repr; fastapi_poe prints it.
        return web.Response(text=f"Updated settings for {name}: {stored}")

    def _failed(self, name: str, why: str, hint: str = "") -> web.Response:
        message = f"The settings of {name} did not reach the local Poe."
        self._report(Advice(message, why=why, hint=hint))
        return web.Response(status=500, text="Internal server error")
