"""One version of the author's code, loaded and serving in its worker."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from poecli.devserver.reports import Bot
from poecli.devserver.workers import Loaded, Worker
from poecli.errors import BotLoadError
from poecli.protocol.limits import PROTOCOL_VERSION

_SETTINGS_SECONDS = 30
_HURRY_SECONDS = 1.0
_REFUSED = (401, 403)  # by a check of the author's own
_SERVER_ERROR = 500


class Generation:
    """A worker that serves; ``running`` counts its answers under way. ``number`` is set when it
    becomes current.
    """

    def __init__(self, worker: Worker, loaded: Loaded) -> None:
        self.number = 0
        self.worker = worker
        self.loaded = loaded
        self.bots: tuple[Bot, ...] = ()
        self.running = 0
        self.retired = False
        self.began = time.monotonic()
        self._session = _open_session(loaded.address)
        port = loaded.address if isinstance(loaded.address, int) else 80
        self._origin = f"http://127.0.0.1:{port}"

    def bot_at(self, path: str) -> str:
        """The name of the bot served there; empty for the author's own routes."""
        return next((bot.name for bot in self.bots if bot.path == path), "")

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None
    ) -> aiohttp.client._RequestContextManager:
        """Hand a request to the bot. ``path`` is as it came in, with its query."""
        url = URL(self._origin + path, encoded=True)
        return self._session.request(method, url, headers=headers, data=body, allow_redirects=False)

    async def probe(self, base_url: str) -> None:
        """Ask every bot its settings over the socket its queries will take.

        Raises BotLoadError for one that can't answer.
        """
        bots = []
        for bot in self.loaded.bots:
            name, path, key = bot["name"], bot["path"], bot["access_key"]
            settings = await self._settings_of(name, path, key)
            bots.append(Bot(name, path, base_url + path, settings, key))
        self.bots = tuple(bots)

    async def _settings_of(self, name: str, path: str, access_key: str | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        # fastapi_poe refuses a request without the header even where it wants no key.
        headers["Authorization"] = f"Bearer {access_key or ''}"
        body = json.dumps({"version": PROTOCOL_VERSION, "type": "settings"}).encode()
        try:
            async with self.ask("POST", path, headers=headers, body=body) as answer:
                text = await answer.text(errors="replace")
        except (aiohttp.ClientError, OSError) as error:
            raise BotLoadError(
                f"{name} does not answer after it was loaded.",
                why=str(error),
                detail="\n".join(self.worker.last_output),
                id="no-settings",
            ) from error
        if answer.status in _REFUSED:
            return {}
        if answer.status >= _SERVER_ERROR:
            raise BotLoadError(
                f"{name} can't tell its settings: get_settings failed.",
                why=f"The answer was HTTP {answer.status}. {text[:500]}".strip(),
                detail="\n".join(self.worker.last_output),
                hint="Poe asks for them when the bot is added and on every `poe sync-settings`.",
                id="no-settings",
            )
        return _object_in(text)

    async def close_connections(self) -> None:
        """Close what is idle to the worker."""
        await self._session.close()

    async def end(self, *, hurry: bool = False) -> None:
        """End the worker; ``hurry`` gives it a second at most."""
        await self.close_connections()
        if hurry:
            await self.worker.stop(_HURRY_SECONDS)
        else:
            await self.worker.stop()


def _open_session(address: str | int) -> aiohttp.ClientSession:
    # Idle connections are ours to close (the worker keeps them a day): no request meets one
    # that is being closed at the other end.
    connector = (
        aiohttp.UnixConnector(address, limit=0, keepalive_timeout=600)
        if isinstance(address, str)
        else aiohttp.TCPConnector(limit=0, keepalive_timeout=600)
    )
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,  # bytes pass as they are
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
    )


def _object_in(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
