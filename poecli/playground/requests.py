"""What every request of the page must have, and how it is refused.

Host and Origin are checked by the dev server, as everywhere below ``/_poe``. A request that
changes something must also carry `HEADER`, which no form of another site can send, and no picture
or link of a bot's can.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from poecli.errors import PoeCliError, UsageError

HEADER = "X-Poe-Playground"
_MOST_JSON_BYTES = 2 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def from_the_page(handler: Handler) -> Handler:
    """Only with the header; what the author got wrong is answered with 400."""
    answer = with_reasons(handler)

    async def guarded(request: web.Request) -> web.StreamResponse:
        if HEADER not in request.headers:
            raise refusal(web.HTTPForbidden, f"Send the header {HEADER}: 1.")
        return await answer(request)

    return guarded


def with_reasons(handler: Handler) -> Handler:
    """What the author got wrong is answered with 400."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except PoeCliError as error:
            words = " ".join(part for part in (error.message, error.why, error.hint) if part)
            raise refusal(web.HTTPBadRequest, words) from None

    return answer


async def json_of(request: web.Request) -> dict[str, Any]:
    """The object in the body. Raises UsageError."""
    if (request.content_length or 0) > _MOST_JSON_BYTES:
        raise UsageError("The message is larger than 2 MB.", hint="Attach it as a file.")
    try:
        found = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError("The body is not a JSON object.")
    return found


def refusal(kind: type[web.HTTPError], message: str) -> web.HTTPError:
    """An answer that says why not."""
    return kind(text=json.dumps({"v": 1, "error": message}), content_type="application/json")
