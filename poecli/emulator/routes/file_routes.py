"""Uploads at Poe's path, and the files themselves.

``POST /poe_api/file_upload_3RD_PARTY_POST``: multipart ``file``, or a form with ``download_url``
and ``download_filename``. The key stands in Authorization without "Bearer". Up to fastapi_poe
0.0.56 it was ``file_attachment_3RD_PARTY_POST`` with the message's id: Poe itself attached the file
to the answer, whose events say nothing of it, and said by which name the text may show it.
"""

from __future__ import annotations

import asyncio
import os.path
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from poecli.addresses import is_loopback
from poecli.config import values
from poecli.config.faults import UPLOAD_FAILURE
from poecli.dev_events import FileStored, Listener
from poecli.emulator.faults import FaultInjector
from poecli.emulator.routes.wire import Refused, faults_of, origin_of
from poecli.emulator.state.files import DEFAULT_NAME, FileStore, FileTooLarge, StoredFile
from poecli.errors import UsageError
from poecli.protocol import limits
from poecli.system_errors import reason_of
from poecli.turns.files import URL_PREFIX

_ATTACH_PATH = "/poe_api/file_attachment_3RD_PARTY_POST"
_FORM_FIELD_BYTES = 16 * 1024
_DOWNLOAD_SECONDS = 60


class FileRoutes:
    """Uploads and downloads."""

    def __init__(self, store: FileStore, faults: FaultInjector, report: Listener) -> None:
        self._store = store
        self._faults = faults
        self._report = report

    def routes(self) -> list[web.RouteDef]:
        """The upload endpoints, and where files are served."""
        return [
            web.post("/poe_api/file_upload_3RD_PARTY_POST", self.upload),
            web.post(_ATTACH_PATH, self.upload),
            self.handing_out(),
        ]

    def handing_out(self) -> web.RouteDef:
        """Where files are served."""
        return web.get(URL_PREFIX + "/{id}/{name}", self.download)

    async def upload(self, request: web.Request) -> web.Response:
        """Keep a file and say where it is."""
        try:
            self._admit(request)
            stored = await self._stored(request)
        except UsageError as error:
            return web.Response(status=400, text=error.message)
        except Refused as error:
            return web.Response(status=error.status, text=error.message)
        except FileTooLarge as error:
            return web.Response(status=413, text=str(error))
        except (
            ValueError,
            LookupError,
            AssertionError,
            RuntimeError,
            HttpProcessingError,
        ) as error:
            # Parts without an end, boundaries, lengths, encodings and charsets that are none.
            return web.Response(status=400, text=f"the form can't be read: {type(error).__name__}")
        except OSError as error:
            return web.Response(status=507, text=f"the file can't be kept: {reason_of(error)}")
        is_attached = request.path.endswith(_ATTACH_PATH)
        url = self._store.url_of(stored, origin_of(request))
        kind = stored.content_type
        self._report(
            FileStored(
                f"file {stored.name} ({kind}): {url}",
                name=stored.name,
                content_type=kind,
                size=stored.path.stat().st_size,
                url=url,
            )
        )
        answer = {"attachment_url": url, "mime_type": stored.content_type}
        return web.json_response(answer | {"inline_ref": stored.id} if is_attached else answer)

    def _admit(self, request: web.Request) -> None:
        if not request.headers.get("Authorization"):
            raise Refused(401, "no key: send an API key or an access key in Authorization")
        if self._faults.strikes(UPLOAD_FAILURE, faults_of(request)):
            raise Refused(500, "Internal server error")

    async def _stored(self, request: web.Request) -> StoredFile:
        if request.content_type == "multipart/form-data":
            return await self._from_parts(request)
        if request.content_type == "application/x-www-form-urlencoded":
            _stay_here(request)
            form = await request.post()
            return await self._from_url(
                str(form.get("download_url", "")), str(form.get("download_filename", ""))
            )
        raise Refused(400, "send a multipart form with `file`, or a form with `download_url`")

    async def _from_parts(self, request: web.Request) -> StoredFile:
        fields: dict[str, str] = {}
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if not isinstance(part, aiohttp.BodyPartReader):
                continue
            if part.name == "file":
                data = await _read_limited(part)
                claimed = part.headers.get("Content-Type", "")
                return self._store.add(part.filename or DEFAULT_NAME, data, content_type=claimed)
            fields[part.name or ""] = (await part.read_chunk(_FORM_FIELD_BYTES)).decode(
                "utf-8", "replace"
            )
        if "download_url" not in fields:
            raise Refused(400, "the form has neither `file` nor `download_url`")
        _stay_here(request)
        return await self._from_url(fields["download_url"], fields.get("download_filename", ""))

    async def _from_url(self, url: str, name: str) -> StoredFile:
        try:
            values.web_address(url)
        except ValueError:
            raise Refused(400, "download_url must be an http or https URL") from None
        timeout = aiohttp.ClientTimeout(total=_DOWNLOAD_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.get(url) as answer,
            ):
                status, data = answer.status, await _read_answer(answer)
                claimed = answer.content_type if "Content-Type" in answer.headers else ""
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise Refused(400, f"download_url can't be read: {type(error).__name__}") from error
        if status != HTTPStatus.OK:
            raise Refused(400, f"download_url answered {status}")
        name = name or os.path.basename(unquote(urlsplit(url).path)) or DEFAULT_NAME  # noqa: PTH119 - a URL's path, not a file's
        return self._store.add(name, data, content_type=claimed)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The file, whole or in the range asked for."""
        file = self._store.find(request.match_info["id"])
        if file is None or not file.path.is_file():
            return web.Response(status=404, text="there is no such file")
        response = web.FileResponse(
            file.path,
            headers={
                "Content-Type": file.content_type,
                "X-Content-Type-Options": "nosniff",
                # A page that a bot made must not act as the dev server's own.
                "Content-Security-Policy": "sandbox",
            },
        )
        response.headers["Content-Disposition"] = aiohttp.helpers.content_disposition_header(
            "inline", filename=file.name
        )
        return response


def _stay_here(request: web.Request) -> None:
    """Another machine must not reach what only this one does, through a download made here."""
    own = request.transport.get_extra_info("sockname") if request.transport else None
    remote = request.remote or "localhost"
    if not is_loopback(remote) and not (own and own[0] == remote):
        raise Refused(403, "download_url is only for callers on this machine")


async def _read_answer(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_any():
        data += chunk
        if len(data) > limits.FILE_BYTES.value:
            break  # the store says that it is too large
    return bytes(data)


async def _read_limited(part: aiohttp.BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        data += chunk
        if len(data) > limits.FILE_BYTES.value:
            raise FileTooLarge(f"the file is larger than {limits.FILE_BYTES.value:,} bytes")
    return bytes(data)
