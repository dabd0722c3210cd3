"""fastapi_poe's own client functions, unmodified, against the local Poe.

All twelve that know a host of Poe, each in success and in each documented failure.
"""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import AsyncIterable, Awaitable, Callable
from pathlib import Path
from typing import Any

import fastapi_poe as fp
import httpx
import pytest
from fastapi_poe import base, client

from poecli.config.credentials import Secret
from poecli.dev_events import DependencyRefused
from poecli.emulator.bots.local_bots import LocalBot
from poecli.protocol import events as ev
from tests.emulator.serving import KEY, AuthorsBot, LocalPoe, OwnBots, local_poe
from tests.servers import serving

HELLO = fp.ProtocolMessage(role="user", content="hello")
WEATHER = fp.ProtocolMessage(role="user", content="What is the weather in Tokyo?")
TOOLS = [
    fp.ToolDefinition.model_validate(
        {
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a given location",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "location": {"type": "string"},
                        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    },
                    "required": ["location"],
                },
            },
        }
    )
]


def get_current_weather(location: str, unit: str = "fahrenheit") -> str:
    return f'{{"location": "{location}", "temperature": "11", "unit": "{unit}"}}'


def query(message: fp.ProtocolMessage = HELLO, **changes: Any) -> fp.QueryRequest:
    values: dict[str, Any] = {
        "version": "1.2",
        "type": "query",
        "query": [message],
        "user_id": "u-1",
        "conversation_id": "c-1",
        "message_id": "m-1",
        "bot_query_id": "q-1",
        **changes,
    }
    return fp.QueryRequest(**values)


def quiet(error: Exception, message: str) -> None:
    """fastapi_poe prints what goes wrong unless it is given another way to tell."""
    del error, message


async def text_of(pieces: AsyncIterable[fp.PartialResponse]) -> str:
    text = ""
    async for piece in pieces:
        text = piece.text if piece.is_replace_response else text + piece.text
    return text


def bot(access_key: str | None = KEY) -> fp.PoeBot:
    return fp.PoeBot(access_key=access_key, bot_name="MyBot")


# --- the calls, one for each function -----------------------------------------------------------

Act = Callable[[LocalPoe], Awaitable[Any]]


async def stream_request(poe: LocalPoe) -> str:
    pieces = fp.stream_request(
        query(), "Some-Bot", KEY, base_url=poe.bots, on_error=quiet, num_tries=1
    )
    return await text_of(pieces)


async def stream_request_with_tools(poe: LocalPoe) -> str:
    pieces = fp.stream_request(
        query(WEATHER),
        "Some-Bot",
        KEY,
        tools=TOOLS,
        tool_executables=[get_current_weather],
        base_url=poe.bots,
        on_error=quiet,
        num_tries=1,
    )
    return await text_of(pieces)


async def inner_stream_request_with_tools(poe: LocalPoe) -> str:
    pieces = client._stream_request_with_tools(
        query(WEATHER), "Some-Bot", KEY, tools=TOOLS, base_url=poe.bots, on_error=quiet, num_tries=1
    )
    deltas = [delta for piece in [p async for p in pieces] for delta in piece.tool_calls]
    return "".join(f"{delta.function.name or ''}{delta.function.arguments}" for delta in deltas)


async def stream_request_base(poe: LocalPoe) -> str:
    pieces = client.stream_request_base(
        query(), "Some-Bot", KEY, base_url=poe.bots, on_error=quiet, num_tries=1
    )
    return await text_of(pieces)


async def get_bot_response(poe: LocalPoe) -> str:
    return await text_of(fp.get_bot_response([HELLO], "Some-Bot", KEY, base_url=poe.bots))


async def get_bot_response_sync(poe: LocalPoe) -> str:
    def run() -> str:
        pieces = fp.get_bot_response_sync([HELLO], "Some-Bot", KEY, base_url=poe.bots)
        return "".join(piece.text for piece in pieces)

    return await asyncio.to_thread(run)


async def get_final_response(poe: LocalPoe) -> str:
    return await fp.get_final_response(
        query(), "Some-Bot", KEY, base_url=poe.bots, on_error=quiet, num_tries=1
    )


async def sync_by_fetch(poe: LocalPoe) -> None:
    await asyncio.to_thread(fp.sync_bot_settings, "MyBot", KEY, base_url=poe.bots)


async def sync_by_update(poe: LocalPoe) -> None:
    settings = fp.SettingsResponse(introduction_message="Hi").model_dump()
    await asyncio.to_thread(
        fp.sync_bot_settings, "MyBot", KEY, settings=settings, base_url=poe.bots
    )


async def upload_file(poe: LocalPoe) -> str:
    attachment = await fp.upload_file(
        b"hello", file_name="a.txt", api_key=KEY, base_url=poe.uploads, on_error=quiet, num_tries=1
    )
    return f"{attachment.content_type} {httpx.URL(attachment.url).path.rsplit('/')[-1]}"


async def upload_a_file_object(poe: LocalPoe) -> str:
    attachment = await fp.upload_file(
        io.BytesIO(b"hello"), file_name="a.txt", api_key=KEY, base_url=poe.uploads
    )
    return attachment.content_type


async def upload_by_url(poe: LocalPoe) -> str:
    first = await fp.upload_file(b"%PDF-1", file_name="a.pdf", api_key=KEY, base_url=poe.uploads)
    second = await fp.upload_file(
        file_url=first.url, file_name="b.pdf", api_key=KEY, base_url=poe.uploads
    )
    return second.content_type


async def upload_by_a_dead_url(poe: LocalPoe) -> str:
    attachment = await fp.upload_file(
        file_url=f"{poe.url}/nothing",
        api_key=KEY,
        base_url=poe.uploads,
        on_error=quiet,
        num_tries=1,
    )
    return attachment.url


async def upload_without_a_key(poe: LocalPoe) -> str:
    return (await fp.upload_file(b"x", file_name="a", api_key="", base_url=poe.uploads)).url


async def upload_file_sync(poe: LocalPoe) -> str:
    def run() -> str:
        return fp.upload_file_sync(
            b"hello",
            file_name="a.txt",
            api_key=KEY,
            base_url=poe.uploads,
            on_error=quiet,
            num_tries=1,
        ).content_type

    return await asyncio.to_thread(run)


async def post_message_attachment(poe: LocalPoe) -> str:
    answer = await bot().post_message_attachment(
        message_id="m-1", file_data=b"hello", filename="a.txt", base_url=poe.uploads
    )
    return str(answer.mime_type)


async def post_without_an_access_key(poe: LocalPoe) -> str:
    answer = await bot(None).post_message_attachment(
        message_id="m-1", file_data=b"hello", filename="a.txt", base_url=poe.uploads
    )
    return str(answer.attachment_url)


ONE_CENT = fp.CostItem(amount_usd_milli_cents=1000, description="a cent")
TOO_MUCH = fp.CostItem(amount_usd_milli_cents=10**9, description="a fortune")


def charge(kind: str, item: fp.CostItem = ONE_CENT, key: str = KEY, **changes: Any) -> Act:
    async def act(poe: LocalPoe) -> None:
        await getattr(bot(key), f"{kind}_cost")(query(**changes), item, base_url=f"{poe.url}/")

    return act


# --- success ------------------------------------------------------------------------------------

HEARD = """\
This is what **Some-Bot** received; a mock on your machine answers for it.

> hello

Messages: 1

1. user, 5 characters"""
TOLD = "`get_current_weather` answered: location Tokyo, temperature 11, unit fahrenheit."
SUCCESS: list[tuple[str, Act, str | None]] = [
    ("stream_request", stream_request, HEARD),
    ("stream_request", stream_request_with_tools, TOLD),
    (
        "_stream_request_with_tools",
        inner_stream_request_with_tools,
        'get_current_weather{"location": "Tokyo"}',
    ),
    ("stream_request_base", stream_request_base, HEARD),
    ("get_bot_response", get_bot_response, HEARD),
    ("get_bot_response_sync", get_bot_response_sync, HEARD),
    ("get_final_response", get_final_response, HEARD),
    ("sync_bot_settings", sync_by_fetch, None),
    ("sync_bot_settings", sync_by_update, None),
    ("upload_file", upload_file, "text/plain a.txt"),
    ("upload_file", upload_a_file_object, "text/plain"),
    ("upload_file", upload_by_url, "application/pdf"),
    ("upload_file_sync", upload_file_sync, "text/plain"),
    ("post_message_attachment", post_message_attachment, "text/plain"),
    ("authorize_cost", charge("authorize"), None),
    ("capture_cost", charge("capture"), None),
]


@pytest.mark.parametrize(
    ("act", "expected"), [row[1:] for row in SUCCESS], ids=[row[0] for row in SUCCESS]
)
async def test_a_client_function_works(act: Act, expected: str | None, tmp_path: Path) -> None:
    """Unmodified client code gets the answer that Poe would give."""
    authors = AuthorsBot([ev.Text("own"), ev.Done()], {"response_version": 2})
    async with serving(authors.app()) as url:
        own = OwnBots({"MyBot": LocalBot("MyBot", url, Secret(KEY))})
        async with local_poe(tmp_path, own=own, access_keys={"MyBot": KEY}) as poe:
            poe.begin({"Some-Bot": 2})

            answer = await act(poe)

    assert answer == expected


# --- failure ------------------------------------------------------------------------------------

REFUSED = (client.BotError, "Bot does not exist")
FAILURES: list[tuple[str, Act, dict[str, Any], type[Exception], str]] = (
    [
        (f"{act.__name__}: {case}", act, options, error, words)
        for act in (
            stream_request,
            stream_request_base,
            inner_stream_request_with_tools,
            stream_request_with_tools,
            get_bot_response,
            get_bot_response_sync,
            get_final_response,
        )
        for case, options, error, words in (
            ("no such bot", {"bots": {"Some-Bot": "off"}}, client.BotErrorNoRetry, "not exist"),
            ("wrong key", {"faults": "access-denied"}, client.BotErrorNoRetry, "Access denied"),
            ("rate limit", {"faults": "rate-limit"}, client.BotError, "exceeded rate limit"),
            ("Poe fails", {"faults": "server-error"}, client.BotError, "Internal server error"),
            ("malformed", {"faults": "malformed-event"}, client.BotErrorNoRetry, "Invalid JSON"),
            ("cut", {"faults": "cut"}, client.BotError, "Error communicating"),
        )
    ]
    + [
        (
            f"{act.__name__}: {case}",
            act,
            {"dependencies": declared},
            client.BotErrorNoRetry,
            "Internal",
        )
        for act in (stream_request, stream_request_base, get_final_response)
        for case, declared in (("undeclared", {}), ("one call too many", {"Some-Bot": 0}))
    ]
    + [
        (
            "get_final_response: empty",
            get_final_response,
            {"faults": "empty-answer"},
            client.BotError,
            "sent no response",
        ),
        (
            "sync_bot_settings: unknown bot",
            sync_by_fetch,
            {"own": OwnBots()},
            client.BotError,
            "Error syncing",
        ),
        (
            "sync_bot_settings: wrong key",
            sync_by_fetch,
            {"access_keys": {"MyBot": "x" * 32}},
            client.BotError,
            "Error syncing",
        ),
        (
            "sync_bot_settings: wrong key for update",
            sync_by_update,
            {"access_keys": {"MyBot": "x" * 32}},
            client.BotError,
            "Error syncing",
        ),
        (
            "upload_file: Poe fails",
            upload_file,
            {"faults": "upload-failure"},
            client.AttachmentUploadError,
            "500",
        ),
        (
            "upload_file: dead URL",
            upload_by_a_dead_url,
            {},
            client.AttachmentUploadError,
            "answered 404",
        ),
        ("upload_file: no key", upload_without_a_key, {}, ValueError, "api_key"),
        (
            "upload_file_sync: Poe fails",
            upload_file_sync,
            {"faults": "upload-failure"},
            client.AttachmentUploadError,
            "500",
        ),
        (
            "post_message_attachment: no key",
            post_without_an_access_key,
            {},
            base.InvalidParameterError,
            "access_key",
        ),
        (
            "authorize_cost: too much",
            charge("authorize", TOO_MUCH),
            {},
            base.InsufficientFundError,
            "^$",
        ),
        (
            "capture_cost: too much",
            charge("capture", TOO_MUCH),
            {},
            base.InsufficientFundError,
            "^$",
        ),
        (
            "authorize_cost: on demand",
            charge("authorize"),
            {"faults": "insufficient-funds"},
            base.InsufficientFundError,
            "^$",
        ),
        (
            "capture_cost: on demand",
            charge("capture"),
            {"faults": "insufficient-funds"},
            base.InsufficientFundError,
            "^$",
        ),
        (
            "authorize_cost: wrong key",
            charge("authorize", key="x" * 32),
            {},
            base.CostRequestError,
            "403",
        ),
        (
            "capture_cost: wrong key",
            charge("capture", key="x" * 32),
            {},
            base.CostRequestError,
            "403",
        ),
        (
            "capture_cost: no access key",
            charge("capture", key=""),
            {},
            base.CostRequestError,
            "access_key",
        ),
        (
            "capture_cost: unknown query",
            charge("capture", bot_query_id="q-9"),
            {},
            base.CostRequestError,
            "404",
        ),
        (
            "capture_cost: no query id",
            charge("capture", bot_query_id=""),
            {},
            base.InvalidParameterError,
            "bot_query_id is required",
        ),
    ]
)


@pytest.mark.parametrize(
    ("act", "options", "error", "words"),
    [row[1:] for row in FAILURES],
    ids=[row[0] for row in FAILURES],
)
async def test_a_client_function_fails_as_on_poe(
    act: Act, options: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    """Every documented failure reaches the author's code as the exception it is on Poe."""
    dependencies = options.pop("dependencies", None)
    async with local_poe(tmp_path, **options) as poe:
        poe.begin(dependencies)

        with pytest.raises(error, match=words):
            await act(poe)


async def test_an_undeclared_call_tells_the_line_to_add(tmp_path: Path) -> None:
    """The author reads what get_settings must return, with what it declares already."""
    async with local_poe(tmp_path) as poe:
        poe.begin({"Other-Bot": 1})
        with pytest.raises(client.BotErrorNoRetry):
            await stream_request(poe)

        (refused,) = poe.told(DependencyRefused)

    assert refused.hint == (
        'return fp.SettingsResponse(server_bot_dependencies={"Other-Bot": 1, "Some-Bot": 1})'
    )


def test_no_function_that_knows_a_host_is_left_out() -> None:
    """A new fastapi_poe with another function that has a host of Poe fails here."""
    places = [*vars(client).values(), *vars(base).values(), *vars(fp.PoeBot).values()]
    functions = {
        f.__name__
        for f in places
        if inspect.isfunction(f)
        and "base_url" in inspect.signature(f).parameters
        and inspect.signature(f).parameters["base_url"].default is not inspect.Parameter.empty
    }

    assert functions == {row[0] for row in SUCCESS}
