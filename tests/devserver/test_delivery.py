"""How Poe was seen to deliver messages: for each habit a bot that breaks, one that stands it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from poecli.config.faults import HEADER, Fault
from poecli.dev_events import FaultRehearsed, TurnEnded, TurnStarted
from poecli.devserver.delivery import (
    Delivery,
    DeliveryTimes,
    DropAndResend,
    Order,
    Rehearsal,
    ResendAfterContent,
    Stop,
)
from poecli.http1.client import ConnectionPool
from tests.devserver.bots import query
from tests.devserver.running import Running, running

BOTS = '''
import asyncio
import fastapi_poe as fp

text = lambda words: fp.PartialResponse(text=words)


class MetaFirst(fp.PoeBot):
    """Takes a repeated message for an attack; and has nothing to show at first."""
    seen = set()

    async def get_response(self, request):
        yield fp.MetaResponse(text="")
        if request.message_id in self.seen:
            yield text("already answered")
            return
        self.seen.add(request.message_id)
        await asyncio.sleep(0.5)
        yield text("hello")


class WordFirst(MetaFirst):
    async def get_response(self, request):
        yield text("hello")
        await asyncio.sleep(0.2)


class Silent(fp.PoeBot):
    async def get_response(self, request):
        yield text("well,")
        await asyncio.sleep(1.2)
        yield text(" hello")


class Alive(fp.PoeBot):
    async def get_response(self, request):
        yield text("well,")
        for _ in range(10):
            await asyncio.sleep(0.1)
            yield fp.PartialResponse(text="well,", is_replace_response=True)
        yield text(" hello")


class Charges(fp.PoeBot):
    """Counts what it was paid for."""
    paid = []

    async def get_response(self, request):
        self.paid.append(request.message_id)
        yield text("paid ")
        await asyncio.sleep(0.1)
        yield text(str(self.paid.count(request.message_id)))


class ChargesOnce(Charges):
    async def get_response(self, request):
        if request.message_id not in self.paid:
            self.paid.append(request.message_id)
        yield text("paid ")
        await asyncio.sleep(0.1)
        yield text(str(self.paid.count(request.message_id)))


class Busy(fp.PoeBot):
    """Answers one at a time, and forgets that an answer may not come to its end."""
    answering = False

    async def get_response(self, request):
        if Busy.answering:
            yield text("busy")
            return
        Busy.answering = True
        yield text("hello")
        await asyncio.sleep(0.2)
        yield text(" again")
        Busy.answering = False


class Careful(fp.PoeBot):
    lock = asyncio.Lock()

    async def get_response(self, request):
        async with self.lock:
            yield text("hello")
            await asyncio.sleep(0.2)
            yield text(" again")


class ByClient(fp.PoeBot):
    """Knows users by the address that they come from."""
    said = {}

    def user(self, request, context):
        return context.http_request.client

    async def get_response_with_context(self, request, context):
        before = self.said.setdefault(self.user(request, context), [])
        yield text(f"{len(before)} before")
        before.append(request.query[-1].content)


class ByConversation(ByClient):
    said = {}

    def user(self, request, context):
        return request.conversation_id


app = fp.make_app(
    [kind(path=f"/{kind.__name__}") for kind in (
        MetaFirst, WordFirst, Silent, Alive, Charges, ChargesOnce, Busy, Careful, ByClient,
        ByConversation,
    )],
    allow_without_key=True,
)
'''
TIMES = DeliveryTimes(first_content=0.05, silence=0.8)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One server for all: each request says how it is to be delivered."""
    folder = tmp_path_factory.mktemp("delivery")
    (folder / "main.py").write_text(BOTS)
    rehearsal = Rehearsal(times=TIMES)
    async with running(folder, rehearsal=rehearsal, reload_with="fresh", reload=False) as server:
        yield server


async def asked(run: Running, bot: str, fault: str) -> list[str]:
    """The texts of two users' answers, one after the other; a connection that broke is said."""
    return [await _ask(run, bot, fault, f"{bot}{number}") for number in (1, 2)]


async def _ask(run: Running, bot: str, fault: str, user: str) -> str:
    body = {**query("hi", f"m-{user}"), "conversation_id": user}
    got = b""
    headers = {HEADER: fault} if fault else {}
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            url = f"{run.server.url}/{bot}"
            async with session.post(url, json=body, headers=headers) as response:
                async for chunk in response.content.iter_any():
                    got += chunk
        except aiohttp.ClientPayloadError:
            got += b'data: {"text": "<cut>"}\n'
    return _text(got.decode())


def _text(stream: str) -> str:
    lines = [line for line in stream.splitlines() if line.startswith('data: {"text": "')]
    return "".join(line.split('"')[3] for line in lines)


HELLO = "well," * 11 + " hello"
HABITS = [
    ("drop-and-resend", "MetaFirst", ["already answered"] * 2, "WordFirst", ["hello"] * 2),
    ("starve", "Silent", ["well,<cut>"] * 2, "Alive", [HELLO] * 2),
    ("resend-after-content", "Charges", ["paid 2"] * 2, "ChargesOnce", ["paid 1"] * 2),
    ("stop", "Busy", ["hello", "busy"], "Careful", ["hello", "hello"]),
    ("reused-connection", "ByClient", ["0 before", "1 before"], "ByConversation", ["0 before"] * 2),
]


@pytest.mark.parametrize(
    ("fault", "broken", "breaks", "sound", "stands"), HABITS, ids=[row[0] for row in HABITS]
)
async def test_each_habit_has_a_bot_that_breaks_and_one_that_stands_it(
    run: Running, fault: str, broken: str, breaks: list[str], sound: str, stands: list[str]
) -> None:
    """What the user reads, of two messages one after the other."""
    assert await asked(run, broken, fault) == breaks
    assert await asked(run, sound, fault) == stands


PLAIN = [("MetaFirst", "hello"), ("Silent", "well, hello"), ("Charges", "paid 1")]


@pytest.mark.parametrize(("bot", "says"), PLAIN, ids=[row[0] for row in PLAIN])
async def test_without_a_fault_the_same_bots_answer(run: Running, bot: str, says: str) -> None:
    """What breaks them is the habit alone."""
    assert await _ask(run, bot, "", f"{bot}-plain") == says


async def test_a_message_sent_again_is_a_turn_of_its_own(run: Running) -> None:
    """Its calls to other bots are counted anew, as its log shows; the first one was hung up on."""
    await _ask(run, "Charges", "resend-after-content", "again")

    turns = [r.turn for r in run.all(TurnStarted) if r.message_id == "m-again"]
    ends = {r.turn: r.hung_up for r in run.all(TurnEnded)}
    told = [e.text for e in run.all(FaultRehearsed) if e.message_id == "m-again"]
    assert [ends[turn] for turn in turns] == [True, False]
    assert ["the same message_id was sent again" in text for text in told] == [True]


TOLD = [
    ("drop-and-resend", "WordFirst", "content came with the first byte"),
    ("stop", "Careful", "the user pressed Stop"),
    ("starve", "Silent", "no content came for 0.8 s"),
]


@pytest.mark.parametrize(("fault", "bot", "words"), TOLD)
async def test_what_a_fault_did_is_told(run: Running, fault: str, bot: str, words: str) -> None:
    """Also that there was no reason for it."""
    await _ask(run, bot, fault, f"{bot}-{fault}")
    told = [e.text for e in run.all(FaultRehearsed) if e.message_id == f"m-{bot}-{fault}"]
    assert [text.startswith(f"{fault}: {words}") for text in told] == [True]


AT_ONCE = b"".join(
    (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % 57,
        b'event: text\ndata: {"text": "all"}\n\n',
        b"event: done\ndata: {}\n\n",
    )
)


@pytest.mark.parametrize("kind", [ResendAfterContent, Stop])
async def test_an_answer_that_came_at_once_is_passed_on_and_told(kind: type[Delivery]) -> None:
    """A fault that could not strike must not look like one that was stood."""
    told: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(AT_ONCE)
        await reader.read()
        writer.close()
        await writer.wait_closed()

    order = Order(
        "POST", "/", lambda _client: (), b"", None, lambda: None, lambda _, text: told.append(text)
    )
    worker = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with worker:
        pool = ConnectionPool(worker.sockets[0].getsockname()[1])
        delivery = kind(pool, order, TIMES)
        await delivery.head()
        read = await delivery.read()
        delivery.close()
        pool.close()

    assert AT_ONCE.endswith(read)
    assert ["mock,pace=0.1" in text for text in told] == [True]


async def test_only_a_share_is_struck_and_a_seed_repeats_which() -> None:
    """So many in a hundred, the same ones each time."""
    rehearsal = Rehearsal((Fault("drop-and-resend", 0.3),), seed=7)
    kinds = [rehearsal.kind_for(turn, ()) for turn in range(200)]

    assert kinds == [rehearsal.kind_for(turn, ()) for turn in range(200)]
    assert set(kinds) == {Delivery, DropAndResend}
    assert 40 < kinds.count(DropAndResend) < 80
