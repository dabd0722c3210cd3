"""A public URL, step by step: each thing that can stand in the way gets its own sentence."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from poecli.client.address import BotAddress
from poecli.client.http import open_session
from poecli.config.credentials import Secret
from poecli.errors import ExitCode
from poecli.probe import answers, connection
from poecli.probe.exchange import ProbeAnswer, ProbeRequest, Wire
from poecli.probe.site import Pace, Site
from poecli.probe.url_steps import URL_STEPS, examine_url
from poecli.step_results import Status, StepResult
from tests.needs import needs
from tests.poe import poe
from tests.probe.certificates import Certificates
from tests.servers import closed_port, serving

KEY = Secret("k" * 32)
EVENT = b'event: text\ndata: {"text": "%d "}\n\n'
DONE = b"event: done\ndata: {}\n\n"
ERROR = b'event: error\ndata: {"allow_retry": false, "text": "No GPT today."}\n\n' + DONE
APART = 0.04


@dataclass(frozen=True)
class Bot:
    """A bot, and the host in front of it; ``pieces`` are sent ``apart`` after ``wait`` seconds."""

    careful: bool = True
    key: Secret = KEY
    refuses_with: int = 401
    settings: object = None
    pieces: tuple[bytes, ...] = (EVENT % 1, EVENT % 2, DONE)
    wait: float = 0.0
    apart: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    to_all: tuple[int, str] = (0, "")  # status and body of every answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        status, text = self.to_all
        if status:
            kind = "text/html" if text.startswith("<") else "text/plain"
            found = {"Location": "https://elsewhere.example/"} if status == 308 else {}
            return web.Response(status=status, text=text, content_type=kind, headers=found)
        shown = request.headers.get("Authorization")
        if self.careful and shown != f"Bearer {self.key.reveal()}":
            return web.json_response({}, status=self.refuses_with, headers=dict(self.headers))
        if (await request.json())["type"] == "settings":
            settings = {"response_version": 2} if self.settings is None else self.settings
            return web.json_response(settings)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await asyncio.sleep(self.wait)
        for piece in self.pieces:
            await stream.write(piece)
            await asyncio.sleep(self.apart)
        return stream


Serve = Callable[[Bot], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve one bot on the loopback; its URL."""
    app, bots = web.Application(), list[Bot]()

    async def answer(request: web.Request) -> web.StreamResponse:
        return await bots[-1].answer(request)

    app.router.add_route("*", "/{tail:.*}", answer)
    async with serving(app) as url:

        async def put(bot: Bot) -> str:
            bots.append(bot)
            return f"{url}/"

        yield put


async def test_a_bot_that_is_well_passes_every_step(serve: Serve) -> None:
    """Every step is taken, told as it is found, and none fails; the loopback alone is noted."""
    told: list[StepResult] = []

    results = await examine_url(BotAddress.at(await serve(Bot()), KEY), show=told.append)

    assert results == told
    assert [result.step for result in results] == list(URL_STEPS)
    assert {r.step: r.status for r in results if r.status is not Status.OK} == {
        "address": Status.NOTE,
        "dns": Status.SKIPPED,
        "tls": Status.SKIPPED,
    }
    assert max(result.ms for result in results) > 0


AT_FAULT, KEY_CODE, NOT_REACHABLE = ExitCode.AT_FAULT, ExitCode.KEY, ExitCode.NOT_REACHABLE


REFUSED = "[Errno 111] Connect call failed ('{}', 9)"


@pytest.mark.skipif(sys.platform != "linux", reason="numbers of errors differ")
@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (ConnectionRefusedError(), True),
        (OSError(f"Multiple exceptions: {REFUSED.format('::1')}, {REFUSED.format('::2')}"), True),
        (OSError(113, "No route to host"), False),
    ],
)
def test_a_host_that_refuses_is_there(error: OSError, refused: bool) -> None:
    """By each of its addresses; the network is not to blame."""
    assert connection.nobody_listens(error) is refused


@pytest.mark.parametrize(
    ("bot", "step", "says", "code"),
    [
        (Bot(to_all=(404, "")), "http", "No bot is served at", NOT_REACHABLE),
        (Bot(to_all=(308, "")), "http", "redirects to https://elsewhere", NOT_REACHABLE),
        (Bot(to_all=(502, "")), "http", "A host answers", NOT_REACHABLE),
        (Bot(to_all=(500, "")), "http", "failed: HTTP 500", AT_FAULT),
        (Bot(to_all=(200, "<html>")), "http", "A web page answers there", AT_FAULT),
        (Bot(careful=False), "wrong key", "anyone can use it", AT_FAULT),
        (Bot(key=Secret("x" * 32)), "access key", "refuses the access key", KEY_CODE),
        (Bot(settings=[1]), "settings", "is not a JSON object", AT_FAULT),
        (Bot(settings={"allow_attachments": 7}), "settings", "can't be used: ", AT_FAULT),
        (Bot(pieces=(EVENT % 1,)), "streaming", "broke off", AT_FAULT),
    ],
)
async def test_the_first_that_fails_says_why(
    serve: Serve, bot: Bot, step: str, says: str, code: ExitCode
) -> None:
    """The examination ends there, with a fix and an exit code; no later step is taken."""
    results = await examine_url(BotAddress.at(await serve(bot), KEY))

    assert [result.step for result in results if result.failed] == [step]
    assert says in results[-1].says
    assert results[-1].exit_code is code
    assert results[-1].fix


@pytest.mark.parametrize(
    ("url", "step", "says"),
    [
        ("https://nobody.invalid/", "dns", "The name nobody.invalid is not known."),
        ("https://127.0.0.1:{closed}/", "tcp", "Nothing listens on 127.0.0.1:"),
        ("https://127.0.0.1:{plain}/", "tls", "does not speak TLS"),
        ("http://bot.example.com/", "address", "is not https://"),
        ("ftp://bot.example.com/", "address", "is not a web address"),
    ],
)
async def test_what_stands_before_the_first_request(
    serve: Serve, url: str, step: str, says: str
) -> None:
    """Scheme, name, port and TLS each fail as themselves."""
    plain = (await serve(Bot())).rsplit(":", 1)[1].strip("/")

    results = await examine_url(BotAddress.at(url.format(closed=closed_port(), plain=plain), KEY))

    assert [result.step for result in results if result.failed] == [step]
    assert says in results[-1].says


@pytest.mark.parametrize(
    ("bot", "pace", "status", "says"),
    [
        (Bot(apart=APART), Pace(3, APART), Status.OK, "3 events"),
        (Bot(), Pace(3, 1.0), Status.FAILED, "held back on the way: 3 events"),
        (Bot(pieces=(ERROR,)), None, Status.NOTE, "with an error: No GPT today."),
        (
            Bot(pieces=(EVENT % 1 * 8 + DONE,), wait=1.05),
            None,
            Status.NOTE,
            "all of them at its end",
        ),
    ],
    ids=["as sent", "held back", "an error", "at once"],
)
async def test_how_the_answer_arrives(
    serve: Serve, bot: Bot, pace: Pace | None, status: Status, says: str
) -> None:
    """A stream whose pace is known is proven or refuted; of any other a doubt is noted."""
    found = await examine_url(BotAddress.at(await serve(bot), KEY), pace=pace)

    result = next(result for result in found if result.step == "streaming")
    assert result.status is status
    assert says in result.says


async def test_a_clock_that_is_wrong_is_noted(serve: Serve) -> None:
    """The Date of an answer is held against this machine's clock."""
    bot = Bot(headers=(("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),))

    results = await examine_url(BotAddress.at(await serve(bot), KEY))

    assert results[-1].step == "clock"
    assert "s ahead of the one there" in results[-1].says


@pytest.mark.parametrize(("at", "outcome"), [(0.3, Status.OK), (6.2, Status.FAILED)])
async def test_the_first_event_is_held_against_poes_five_seconds(
    at: float, outcome: Status
) -> None:
    """Poe gives up after 5 s."""
    answer = ProbeAnswer(ProbeRequest("http://127.0.0.1/", b""))
    answer.reader.first_at = at
    async with open_session() as session:
        site = Site(Wire(session, BotAddress.at("http://127.0.0.1/")), answer=answer)

        assert (await answers.first_event(site)).status is outcome


async def test_what_is_not_there_yet_is_waited_for() -> None:
    """With patience a port that opens late is no failure."""
    port = closed_port()
    url = f"http://127.0.0.1:{port}/"

    async def later() -> asyncio.Server:
        await asyncio.sleep(0.1)
        return await asyncio.start_server(fail, "127.0.0.1", port)

    async def fail(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    opening = asyncio.create_task(later())
    steps = {name: URL_STEPS[name] for name in ("tcp", "tls")}  # what fails there is waited for too
    results = await examine_url(BotAddress.at(url, KEY), patience=10.0, steps=steps)
    (await opening).close()

    assert [(r.step, r.status) for r in results] == [
        ("tcp", Status.OK),
        ("tls", Status.SKIPPED),
    ]


# --- TLS, by certificates of an authority that this test makes ---


@needs("openssl")
@pytest.mark.parametrize(
    ("name", "trusted", "status", "says"),
    [
        ("good", True, Status.OK, "a certificate of Test authority for 30 more days"),
        ("soon", True, Status.NOTE, "for 3 more days"),
        ("good", False, Status.FAILED, "does not lead to an authority that is known here"),
        ("alone", False, Status.FAILED, "is signed by itself"),
        ("other", True, Status.FAILED, "is for another name"),
    ],
)
async def test_a_certificate_and_its_chain(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    trusted: bool,
    status: Status,
    says: str,
) -> None:
    """Each way in which a certificate is of no use is told apart."""
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.make("ca", "DNS:ca", 30)
    made.make(
        name,
        "DNS:other.example" if name == "other" else "DNS:localhost",
        3 if name == "soon" else 30,
    )
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.folder / f"{name}.pem", made.folder / f"{name}.key")
    server = await asyncio.start_server(
        lambda _r, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        results = await examine_url(BotAddress.at(f"https://localhost:{port}/", KEY))

    result = next(result for result in results if result.step == "tls")
    assert result.status is status
    assert says in result.says


# --- poe doctor URL ---


async def test_doctor_shows_the_steps_and_its_exit_code_is_the_failures(
    serve: Serve, tmp_path: Path
) -> None:
    """`poe doctor URL` shows each step, as lines or as JSON; a key that is not known is code 3."""
    url = await serve(Bot())
    (tmp_path / "key").write_text(KEY.reveal())

    shown = await asyncio.to_thread(poe, "doctor", url, "--access-key-file", str(tmp_path / "key"))
    told = await asyncio.to_thread(poe, "doctor", url, "--json")

    assert shown.code == 0
    assert "ok      streaming: 3 events" in shown.stdout
    assert told.code == ExitCode.KEY
    assert '"ok": false' in told.stdout
    assert '"step": "access key"' in told.stdout
    assert KEY.reveal() not in shown.output + told.output
