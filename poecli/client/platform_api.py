"""What Poe offers besides asking bots: settings, files, the list of models, the balance.

https://creator.poe.com/docs/server-bots/updating-bot-settings
https://creator.poe.com/docs/external-applications/openai-compatible-api
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import AliasChoices, Field

from poecli.client.address import masked, request_headers, settings_url
from poecli.client.exchange import body_of, exchange, session_or_own
from poecli.client.http import Timeouts
from poecli.client.peer import Peer
from poecli.client.retries import Retry
from poecli.client.status import HttpAnswer, Meaning, error_from_status, excerpt
from poecli.config.credentials import Secret
from poecli.errors import (
    BadAnswer,
    KeyRefused,
    NoSuchBot,
    PoeCliError,
    PoeFailure,
    TimedOut,
    UsageError,
)
from poecli.poe_pages import ACCESS_KEY_PAGE, API_URL
from poecli.protocol.foreign_json import loads
from poecli.protocol.limits import FILE_BYTES, PROTOCOL_VERSION
from poecli.protocol.messages import Attachment, Tolerant
from poecli.system_errors import explained

T = TypeVar("T")
# Uploads have another host than all the rest: fastapi_poe 0.0.83, `upload_file`.
_POE_UPLOADS = "https://www.quora.com"
_UPLOAD_PATH = "/poe_api/file_upload_3RD_PARTY_POST"
# Poe calls the bot back within a fetch, and a bot on a serverless host may have to wake up.
SETTINGS_SECONDS = 120.0
PLAIN_SECONDS = 60.0
_YEAR_5000 = 95_617_584_000_000_000  # in microseconds: no clock has come further
UPLOAD_SECONDS = 300.0


class Architecture(Tolerant):
    """What a model takes and gives, each as "text", "image" and the like."""

    input_modalities: list[str] = Field(default_factory=list)
    output_modalities: list[str] = Field(default_factory=list)


class Model(Tolerant):
    """A public bot or model on Poe, as ``/v1/models`` lists it."""

    id: str
    owned_by: str | None = None
    description: str | None = None
    architecture: Architecture | None = None
    pricing: dict[str, Any] | None = None
    context_window: Any = None
    metadata: dict[str, Any] | None = None

    @property
    def display_name(self) -> str:
        """The name people read."""
        return str((self.metadata or {}).get("display_name") or self.id)


class _Models(Tolerant):
    data: list[Model]


class _Uploaded(Tolerant):
    attachment_url: str
    mime_type: str


class _Balance(Tolerant):
    current_point_balance: int


class PaidQuery(Tolerant):
    """One query of a user, and what it cost. ``creation_time`` is microseconds since 1970.

    Poe's reference calls the bot ``bot_name``, an older page ``app_name`` with seconds.
    """

    query_id: str
    creation_time: int = Field(ge=0, le=_YEAR_5000)
    bot_name: str = Field(validation_alias=AliasChoices("bot_name", "app_name"))
    usage_type: str = ""
    cost_points: int


class PaidQueries(Tolerant):
    """One page of them, the newest first."""

    has_more: bool = False
    data: list[PaidQuery]


@dataclass(frozen=True)
class PlatformApi:
    """Poe itself, at ``base_url``. Keys are given with each call and kept nowhere."""

    base_url: str = API_URL
    session: httpx.AsyncClient | None = field(default=None, repr=False)

    async def fetch_settings(
        self,
        bot: str,
        access_key: Secret,
        version: str = PROTOCOL_VERSION,
        *,
        seconds: float = SETTINGS_SECONDS,
    ) -> str:
        """Have Poe ask the bot for its settings; what Poe answers, a text that echoes them.

        Raises KeyRefused, NoSuchBot, RateLimited, PoeFailure, TimedOut, NotReachable, BotFault.
        """
        url = settings_url(self.base_url, "fetch", bot, access_key, version)
        return await self._sync(bot, access_key, url, None, seconds)

    async def update_settings(
        self,
        bot: str,
        access_key: Secret,
        settings: Mapping[str, Any],
        version: str = PROTOCOL_VERSION,
        *,
        seconds: float = SETTINGS_SECONDS,
    ) -> str:
        """Send Poe the settings themselves: the bot need not be reachable.

        ``settings`` is the JSON object that a bot answers a ``settings`` request with.
        Returns and raises as `fetch_settings`.
        """
        url = settings_url(self.base_url, "update", bot, access_key, version)
        return await self._sync(bot, access_key, url, settings, seconds)

    async def _sync(
        self,
        bot: str,
        access_key: Secret,
        url: str,
        settings: Mapping[str, Any] | None,
        seconds: float,
    ) -> str:
        peer = Peer(url, bot)
        async with session_or_own(self.session, Timeouts()) as session:
            request = session.build_request(
                "POST",
                url,
                json=settings,
                headers=request_headers(None),
                timeout=httpx.Timeout(seconds, connect=Timeouts().connect),
            )
            answer = await exchange(session, request, peer, seconds=seconds, keys=(access_key,))
        if answer.status != HTTPStatus.OK:
            raise _settings_error(answer, peer)
        return masked(answer.body.decode("utf-8", "replace"), (access_key,))

    async def upload_file(
        self,
        key: Secret,
        *,
        file: bytes | Path | BinaryIO | None = None,
        file_url: str | None = None,
        name: str | None = None,
        retry: Retry | None = None,
    ) -> Attachment:
        """Upload a file, or have Poe download one; the attachment to send along.

        ``key`` is a user's API key or a bot's access key. ``name`` is needed for bytes. Raises
        UsageError for a file that can't be read, is empty or too large, KeyRefused, PoeFailure …
        """
        headers = request_headers(key, scheme="")
        base = _POE_UPLOADS if self.base_url == API_URL else self.base_url
        peer = Peer(f"{base}{_UPLOAD_PATH}", poe=True)
        # Read once, before the first try: a stream that was read to its end sends 0 bytes again.
        content = None if file is None else _content(file)
        name = name or _name_of(file) or (file_url or "").rsplit("/", 1)[-1] or "file"

        async def send() -> bytes:
            parts: dict[str, Any]
            if content is not None:
                parts = {"files": {"file": (name, content)}}
            else:
                parts = {"data": {"download_url": file_url, "download_filename": name}}
            async with session_or_own(self.session, Timeouts()) as session:
                request = session.build_request(
                    "POST", peer.url, headers=headers, timeout=UPLOAD_SECONDS, **parts
                )
                return await body_of(session, request, peer, seconds=UPLOAD_SECONDS, keys=(key,))

        if (file is None) == (file_url is None):
            raise UsageError("An upload takes either a file or the URL of one.")
        uploaded = _read(_Uploaded, await _repeated(send, retry or Retry()), "an upload")
        return Attachment(url=uploaded.attachment_url, content_type=uploaded.mime_type, name=name)

    async def models(self) -> list[Model]:
        """The public bots and models. Needs no key."""
        return _read(_Models, await self._get("/v1/models", None), "the list of models").data

    async def balance(self, api_key: Secret) -> int:
        """The points left on a user's account."""
        body = await self._get("/usage/current_balance", api_key)
        return _read(_Balance, body, "the balance").current_point_balance

    async def points_history(
        self, api_key: Secret, limit: int, after: str | None = None
    ) -> PaidQueries:
        """The queries of the last 30 days that cost points; at most 100 a page.

        ``after`` is the ``query_id`` that the page before ended with.
        """
        query = {"limit": str(limit), **({"starting_after": after} if after else {})}
        body = await self._get(f"/usage/points_history?{urlencode(query)}", api_key)
        return _read(PaidQueries, body, "the points history")

    async def _get(self, path: str, key: Secret | None) -> bytes:
        peer = Peer(f"{self.base_url}{path}", poe=True)
        async with session_or_own(self.session, Timeouts()) as session:
            request = session.build_request(
                "GET", peer.url, headers=request_headers(key), timeout=PLAIN_SECONDS
            )
            keys = (key,) if key else ()
            return await body_of(session, request, peer, seconds=PLAIN_SECONDS, keys=keys)


async def _repeated(send: Callable[[], Awaitable[T]], retry: Retry) -> T:
    attempt = 1
    while True:
        try:
            return await send()
        except PoeCliError as error:
            delay = retry.delay(error, attempt, begun=False)
            if delay is None:
                raise
            await asyncio.sleep(delay)
            attempt += 1


_M = TypeVar("_M", bound=Tolerant)


def _read(model: type[_M], body: bytes, what: str) -> _M:
    try:
        return model.model_validate(loads(body))
    except (ValueError, RecursionError) as error:
        raise BadAnswer(
            f"Poe's answer about {what} can't be understood.",
            why=excerpt(body) or "It is empty.",
            hint="Try again later; a newer version of this tool may support it.",
        ) from error


def _content(file: bytes | Path | BinaryIO) -> bytes:
    try:
        if isinstance(file, Path):
            content = file.read_bytes()
        else:
            content = file if isinstance(file, bytes) else file.read()
    except OSError as error:
        raise UsageError(
            f"The file can't be read: {_name_of(file)}.", **explained(error)
        ) from error
    if not content:
        raise UsageError("The file is empty.", hint="A stream must be at its beginning.")
    if len(content) > FILE_BYTES.value:
        raise UsageError(
            f"The file has {len(content):,} bytes; Poe accepts {FILE_BYTES.value:,} at most."
        )
    return content


def _name_of(file: bytes | Path | BinaryIO | None) -> str:
    name = file.name if isinstance(file, Path) else getattr(file, "name", "")
    return Path(name).name if isinstance(name, str) else ""


# --- what Poe's answers about settings mean -----------------------------------------------------


def _settings_error(answer: HttpAnswer, peer: Peer) -> PoeCliError:
    """The error for a sync that failed: here the key in question is the bot's access key."""
    meaning = _SETTINGS_ERRORS.get(answer.status)
    if meaning is None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        meaning = _SETTINGS_FAILED
    return meaning.error(answer, peer) if meaning else error_from_status(answer, peer)


_SETTINGS_KEY = Meaning(
    KeyRefused,
    "Poe refused the access key of the bot {bot!r}: HTTP {status}.",
    why="It is not the key of this bot. A user's API key is not an access key.",
    hint=f"Copy the key from {ACCESS_KEY_PAGE}.",
)
_SETTINGS_SLOW = Meaning(
    TimedOut,
    "The bot {bot!r} did not answer Poe in time: HTTP {status}.",
    why="Poe requests the bot's settings; the bot may be down or asleep.",
    hint="Check that the bot runs at the URL given to Poe, then sync again.",
)
# A bare 500 was seen for all three causes: none is claimed.
_SETTINGS_FAILED = Meaning(
    PoeFailure,
    "Poe could not sync the settings of {bot!r}: HTTP {status}.",
    hint="A wrong access key, a wrong handle and a bot that Poe can't reach can all look like "
    "this, and so can a failure of Poe's own. Check the three, then try again later.",
)
_SETTINGS_ERRORS = {
    401: _SETTINGS_KEY,
    403: _SETTINGS_KEY,
    404: Meaning(
        NoSuchBot,
        "Poe has no server bot {bot!r}.",
        hint="Check the spelling of the handle, and that it is a server bot.",
    ),
    408: _SETTINGS_SLOW,
    500: replace(_SETTINGS_FAILED, id="poe-unexplained"),
    504: _SETTINGS_SLOW,
}
