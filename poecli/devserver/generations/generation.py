"""One version of the author's code, loaded and serving in its worker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from poecli.config.credentials import Secret
from poecli.dev_events import ServedBot
from poecli.devserver.control import PREFIX, is_ours
from poecli.devserver.generations.workers import Worker
from poecli.errors import BotLoadError
from poecli.hosting.process.messages import LoadDone, LoadedBot
from poecli.hosting.serving.handover import Handover, hand_over
from poecli.http1.client import ConnectionPool
from poecli.protocol.foreign_json import loads
from poecli.protocol.limits import PROTOCOL_VERSION
from poecli.system_errors import why_of
from poecli.waiting import within

_SETTINGS_SECONDS = 30
_PROBE = ("127.0.0.1", 0)
_HURRY_SECONDS = 1.0
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # by a check of the author's own

# What the bot's code has raised while it was loaded and probed.
Tracebacks = Callable[[], Awaitable[str]]


class Generation:
    """A worker that serves; ``running`` counts its answers under way. ``number`` is set when it
    becomes current.
    """

    def __init__(self, worker: Worker, loaded: LoadDone) -> None:
        self.number = 0
        self.worker = worker
        self.loaded = loaded
        self.bots: tuple[ServedBot, ...] = ()
        self.running = 0
        self.retired = False
        self.began = time.monotonic()
        self.pool = ConnectionPool(loaded.address)

    def bot_at(self, path: str) -> str:
        """The name of the bot served there; empty for the author's own routes."""
        return next((bot.name for bot in self.bots if bot.path == path), "")

    async def probe(self, base_url: str, tracebacks: Tracebacks) -> None:
        """Ask every bot its settings over the socket its queries will take.

        One that fails to answer serves its queries all the same; ``tracebacks`` gives what it
        raised. Raises BotLoadError when the process is gone, or for a path that is the server's.
        """
        for bot in self.loaded.bots:
            _refuse_our_path(bot)
        probes = (self._probed(bot, base_url, tracebacks) for bot in self.loaded.bots)
        self.bots = tuple(await asyncio.gather(*probes))

    async def _probed(self, bot: LoadedBot, base_url: str, tracebacks: Tracebacks) -> ServedBot:
        name, path, key = bot.name, bot.path, bot.access_key or ""
        # fastapi_poe refuses a request without the header even where it wants no key.
        headers = [
            (b"Host", b"127.0.0.1"),
            (b"Content-Type", b"application/json"),
            (b"Authorization", f"Bearer {key}".encode()),
        ]
        # Middleware of the author's may look at who asks.
        headers = hand_over(headers, Handover(None, _PROBE, _PROBE))
        body = json.dumps({"version": PROTOCOL_VERSION, "type": "settings"}).encode()
        settings: dict[str, Any] = {}
        failure = None
        try:
            status, text = await within(self._ask(path, headers, body), _SETTINGS_SECONDS)
        except OSError as error:
            raise BotLoadError(
                f"{name} was loaded but does not answer.",
                why=why_of(error),
                detail="\n".join(self.worker.last_output),
                id="no-settings",
            ) from error
        except asyncio.TimeoutError:
            failure = self._failure(name, f"It took more than {_SETTINGS_SECONDS} s.")
        else:
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                why = f"The answer was HTTP {status}. {text[:500]}".strip()
                failure = self._failure(name, why, await tracebacks())
            elif status not in _REFUSED:
                settings = _object_in(text)
        secret = Secret(key) if key else None
        return ServedBot(name, path, base_url + path, settings, secret, failure)

    def _failure(self, name: str, why: str, traceback: str = "") -> BotLoadError:
        return BotLoadError(
            f"{name} can't return its settings: get_settings failed.",
            why=why,
            detail=traceback or "\n".join(self.worker.last_output),
            hint="Poe requests them when the bot is added and on every `poe sync-settings`.",
            id="no-settings",
        )

    async def _ask(
        self, path: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, str]:
        connection = await self.pool.take()
        try:
            connection.request("POST", path, headers, body)
            head = await connection.head()
            parts = []
            while part := await connection.read():
                parts.append(part)
        finally:
            self.pool.give_back(connection)
        return head.status, b"".join(parts).decode(errors="replace")

    async def end(self, *, hurry: bool = False) -> None:
        """End the worker; ``hurry`` gives it a second at most."""
        self.pool.close()
        if hurry:
            await self.worker.stop(_HURRY_SECONDS)
        else:
            await self.worker.stop()


def _refuse_our_path(bot: LoadedBot) -> None:
    if is_ours(bot.path):
        raise BotLoadError(
            f"{bot.name} can't be served at {bot.path}.",
            why=f"Paths below {PREFIX}/ are reserved for the local Poe.",
            hint="Give the bot a different path.",
            id="reserved-path",
        )


def _object_in(text: str) -> dict[str, Any]:
    try:
        value = loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
