"""Ask a bot: on Poe by its handle, or anywhere by its URL.

https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx
from pydantic import ValidationError

from poecli.addresses import is_web_address
from poecli.client.address import BotAddress
from poecli.client.event_stream import Call
from poecli.client.exchange import body_of, session_or_own
from poecli.client.failures import error_from_event
from poecli.client.http import Timeouts, checked_url
from poecli.client.partial import MetaResponse, PartialResponse, partial_from_event
from poecli.client.peer import first_upper
from poecli.client.retries import NO_RETRY, Retry, repeated_events
from poecli.client.status import excerpt
from poecli.client.tools import Dumpable, ToolFunction, as_dict, definitions, run_calls, with_tools
from poecli.config.credentials import Secret
from poecli.errors import BadAnswer, UsageError
from poecli.poe_pages import API_URL
from poecli.protocol import events as ev
from poecli.protocol.foreign_json import loads
from poecli.protocol.messages import ProtocolMessage, ToolDefinition, misfits
from poecli.protocol.reply import CallNumbers, ToolCalls
from poecli.protocol.requests import PoeRequest, QueryRequest, SettingsRequest
from poecli.protocol.settings import SettingsResponse

__all__ = [
    "NO_RETRY",
    "MetaResponse",
    "PartialResponse",
    "Retry",
    "Timeouts",
    "ask_raw_settings",
    "ask_settings",
    "error_from_event",
    "get_bot_response",
    "send_report",
    "stream_events",
]


Ask = Callable[[QueryRequest], AsyncGenerator[ev.Event, None]]


@contextlib.asynccontextmanager
async def _calling(
    bot: BotAddress,
    request: PoeRequest,
    session: httpx.AsyncClient | None,
    timeouts: Timeouts | None,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Call]:
    checked_url(bot.url)
    times = timeouts or Timeouts()
    async with session_or_own(session, times) as used:
        yield Call(
            bot, request.model_dump(exclude_none=True), used, headers, times, last=session is None
        )


async def stream_events(
    request: QueryRequest,
    bot: BotAddress,
    *,
    session: httpx.AsyncClient | None = None,
    headers: Mapping[str, str] | None = None,
    retry: Retry = NO_RETRY,
    timeouts: Timeouts | None = None,
) -> AsyncGenerator[ev.Event, None]:
    """Every event of a bot's answer as it arrives, also ``error``, ``ping`` and, last, ``done``.

    With ``retry`` a failed call is repeated, see `Retry`.

    Raises KeyRefused, OutOfPoints, NoSuchBot, RateLimited, PoeFailure, NotReachable, TimedOut,
    BadAnswer (no event stream, an event without end), CutStream (no ``done``), UsageError.
    """
    async with (
        _calling(bot, request, session, timeouts, headers) as call,
        contextlib.aclosing(repeated_events(call, retry)) as events,
    ):
        async for event in events:
            yield event


def get_bot_response(
    messages: Sequence[Dumpable],
    bot_name: str,
    api_key: str = "",
    *,
    tools: Sequence[Dumpable] | None = None,
    tool_executables: Sequence[ToolFunction] | None = None,
    temperature: float | None = None,
    skip_system_prompt: bool | None = None,
    adopt_current_bot_name: bool | None = None,
    logit_bias: Mapping[str, float] | None = None,
    stop_sequences: Sequence[str] | None = None,
    base_url: str | None = None,
    session: httpx.AsyncClient | None = None,
    retry: Retry | None = None,
    headers: Mapping[str, str] | None = None,
    timeouts: Timeouts | None = None,
    max_tool_rounds: int = 1,
) -> AsyncGenerator[PartialResponse, None]:
    """Ask a bot and get its answer piece by piece.

        async for piece in get_bot_response([{"role": "user", "content": "Hi"}], "EchoBot", key):
            print(piece.text, end="")

    Takes what ``fp.get_bot_response`` takes and gives the same pieces, see `PartialResponse`.
    ``messages`` are fastapi_poe's, `poecli.protocol`'s, or dicts; ``bot_name`` is a handle or a URL
    (then ``api_key`` is the bot's access key). ``base_url`` or ``$POE_BASE_URL`` names another Poe.

    With ``tools``, a model's calls arrive as ``tool_calls``; with ``tool_executables`` too they
    are run here, for at most ``max_tool_rounds`` rounds, and the model's last answer follows.

    Unlike fastapi_poe's it prints nothing, sends no error report, and asks again for an answer that
    broke off only if ``retry`` says so; the second one arrives as a replacement. Raises what
    `stream_events` raises, for an ``error`` event BotErrorEvent or what Poe's text stands for.
    """
    options = {
        "temperature": temperature,
        "skip_system_prompt": skip_system_prompt,
        "adopt_current_bot_name": adopt_current_bot_name,
        "logit_bias": logit_bias,
        "stop_sequences": stop_sequences,
    }
    request = _query(messages, definitions(tools), options)
    bot = _addressed(bot_name, Secret(api_key) if api_key else None, base_url)
    retry = retry or Retry()
    ask = partial(
        stream_events, bot=bot, session=session, headers=headers, retry=retry, timeouts=timeouts
    )
    return _pieces(request, bot, ask, tool_executables, max_tool_rounds)


def _addressed(name: str, key: Secret | None, base_url: str | None) -> BotAddress:
    """A handle on Poe, or a bot at its own URL."""
    if is_web_address(name):
        return BotAddress.at(name, key)
    base = base_url or os.environ.get("POE_BASE_URL") or API_URL
    return BotAddress.on_poe(name, base, key)


def _query(
    messages: Sequence[Dumpable],
    tools: list[ToolDefinition] | None,
    options: Mapping[str, Any],
) -> QueryRequest:
    given = {key: value for key, value in options.items() if value is not None}
    try:
        return QueryRequest(
            query=[ProtocolMessage.model_validate(as_dict(m)) for m in messages],
            tools=tools,
            **given,
        )
    except ValidationError as error:
        raise UsageError(f"A message can't be sent: {misfits(error)[0]}.") from error


async def _pieces(
    request: QueryRequest,
    bot: BotAddress,
    ask: Ask,
    functions: Sequence[ToolFunction] | None,
    rounds: int,
) -> AsyncGenerator[PartialResponse, None]:
    while True:
        calls, numbers = ToolCalls(), CallNumbers()
        async with contextlib.aclosing(_answer(request, bot, ask)) as pieces:
            async for piece in pieces:
                if functions and piece.data is not None:
                    calls.feed(piece.data)
                # The last answer after a round of tools comes as it is, like fastapi_poe's.
                offered = request.tools is not None and rounds
                shown = with_tools(piece, numbers) if offered else piece
                if shown is not None and not (functions and shown.tool_calls):
                    yield shown
        if not functions or not calls.complete() or rounds <= 0:
            return
        made, results = await run_calls(calls.complete(), functions)
        request = request.model_copy(
            update={
                "tool_calls": [*(request.tool_calls or []), *made],
                "tool_results": [*(request.tool_results or []), *results],
            }
        )
        rounds -= 1


async def _answer(
    request: QueryRequest, bot: BotAddress, ask: Ask
) -> AsyncGenerator[PartialResponse, None]:
    """The pieces of one answer; an ``error`` event, and data that can't be used, are raised."""
    first = True
    async with contextlib.aclosing(ask(request)) as events:
        async for event in events:
            if isinstance(event, ev.Error):
                raise error_from_event(event, bot.peer)
            # How to show an answer is no reason to lose it, so a broken `meta` is passed over.
            if isinstance(event, ev.Malformed) and event.event != "meta":
                raise malformed(event)
            piece = partial_from_event(event)
            # A `meta` counts only as the first event.
            if piece is not None and (first or not isinstance(piece, MetaResponse)):
                yield piece
            first = first and isinstance(event, ev.Ping)


def malformed(event: ev.Malformed) -> BadAnswer:
    """The error for an event whose data can't be used."""
    return BadAnswer(
        f"The bot sent a `{event.event}` event that can't be used.",
        why=f"{event.reason}: {excerpt(event.data.encode())}",
        hint="`poe check` names the rule it breaks.",
    )


async def ask_settings(
    bot: BotAddress,
    *,
    session: httpx.AsyncClient | None = None,
    timeouts: Timeouts | None = None,
) -> SettingsResponse:
    """A bot's answer to a ``settings`` request, asked at its own URL.

    Raises what `stream_events` raises, BadAnswer for a body that is no settings answer.
    """
    raw = await ask_raw_settings(bot, session=session, timeouts=timeouts)
    try:
        return SettingsResponse.model_validate(raw)
    except ValidationError as error:
        raise _no_settings(bot, misfits(error)[0]) from error


async def ask_raw_settings(
    bot: BotAddress,
    *,
    session: httpx.AsyncClient | None = None,
    timeouts: Timeouts | None = None,
) -> dict[str, Any]:
    """As `ask_settings`, the JSON object as it came: what a checker looks at."""
    async with _calling(bot, SettingsRequest(), session, timeouts) as call:
        body = await _body(call)
    try:
        raw = loads(body)
    except ValueError as error:
        raise _no_settings(bot, excerpt(body, (bot.key,))) from error
    if not isinstance(raw, dict):
        raise _no_settings(bot, "It is not a JSON object.")
    return raw


def _no_settings(bot: BotAddress, why: str) -> BadAnswer:
    return BadAnswer(
        f"{first_upper(bot.peer.name)} did not answer `settings` with usable settings.",
        why=why,
        hint="get_settings() returns fp.SettingsResponse(...).",
    )


async def send_report(
    report: PoeRequest,
    bot: BotAddress,
    *,
    session: httpx.AsyncClient | None = None,
    timeouts: Timeouts | None = None,
) -> None:
    """Send a bot feedback, a reaction or an error report. What it answers is ignored, as Poe does.

    Raises what `stream_events` raises for a call that fails, or a status that is no success.
    """
    async with _calling(bot, report, session, timeouts) as call:
        await _body(call)


async def _body(call: Call) -> bytes:
    return await body_of(
        call.session,
        call.request("application/json"),
        call.peer,
        seconds=call.timeouts.first_event,
        keys=(call.bot.key,) if call.bot.key else (),
    )
