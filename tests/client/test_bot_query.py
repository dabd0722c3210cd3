"""Asking a bot: what arrives, what is sent, and the error for each way in which it fails."""

from __future__ import annotations

import selectors
import signal
import sys
import threading

import fastapi_poe as fp
import pytest

from poecli import client, errors
from poecli.client import get_bot_response_sync
from poecli.client.address import BotAddress
from poecli.client.bot_query import (
    NO_RETRY,
    Retry,
    Timeouts,
    ask_settings,
    get_bot_response,
    send_report,
    stream_events,
)
from poecli.client.http import open_session
from poecli.client.peer import bot_query_url
from poecli.config.credentials import Secret
from poecli.protocol import events as ev
from poecli.protocol.messages import ProtocolMessage
from poecli.protocol.requests import QueryRequest, ReportFeedbackRequest
from tests.scripted import (
    DONE,
    Answer,
    ScriptedServer,
    event,
    in_a_thread,
    scripted_server,
    text,
)

KEY = "k" * 32
HI = QueryRequest(query=[ProtocolMessage(role="user", content="hi")])
SOON = Timeouts(first_event=0.2)  # enough to see that nothing comes
SOON_AFTER = Timeouts(between_events=0.2)


async def events(
    server: ScriptedServer,
    *,
    name: str | None = None,
    retry: Retry = NO_RETRY,
    timeouts: Timeouts | None = None,
) -> list[ev.Event]:
    bot = BotAddress("b", server.url, Secret(KEY), name)
    stream = stream_events(HI, bot, retry=retry, timeouts=timeouts)
    return [event async for event in stream]


async def test_every_event_arrives_in_its_order() -> None:
    """stream_events yields all events up to and with done, and nothing after it."""
    pieces = [
        event("meta", {"content_type": "text/plain"}) + text("a")[:9],
        text("a")[9:] + b": comment\n\nevent: ping\ndata: {}\n\n",
        event("error", {"text": "no", "allow_retry": False}) + DONE + text("late"),
    ]
    async with scripted_server(Answer(pieces)) as server:
        got = await events(server)
    assert got == [
        ev.Meta("text/plain"),
        ev.Text("a"),
        ev.Ping(),
        ev.Error("no", allow_retry=False),
        ev.Done(),
    ]


async def test_the_request_is_a_whole_query_with_the_key_as_bearer() -> None:
    """What is sent is a query of the protocol; the key stands in the header only."""
    async with scripted_server(Answer([text("a"), DONE])) as server:
        await events(server)
    request = server.requests[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert QueryRequest.model_validate(request.json) == HI
    assert KEY.encode() not in request.body


STATUSES = [
    # status, asked on Poe, error, words in its text
    (401, True, errors.KeyRefused, "API key"),
    (403, True, errors.KeyRefused, "API key"),
    (402, True, errors.OutOfPoints, "points"),
    (404, True, errors.NoSuchBot, "no bot"),
    (408, True, errors.TimedOut, "too long"),
    (413, True, errors.UsageError, "too large"),
    (429, True, errors.RateLimited, "no more calls"),
    (500, True, errors.PoeFailure, "Poe failed"),
    (502, True, errors.PoeFailure, "Poe failed"),
    (529, True, errors.PoeFailure, "Poe failed"),
    (418, True, errors.BotFault, "refused the request"),
    (401, False, errors.KeyRefused, "refused the access key"),
    (403, False, errors.KeyRefused, "refused the access key"),
    (404, False, errors.NoSuchBot, "No bot is served"),
    (405, False, errors.BadAnswer, "not a Poe bot"),
    (500, False, errors.BadAnswer, "failed"),
    (503, False, errors.NotReachable, "but the bot does not"),
    (307, False, errors.NotReachable, "redirects"),
]


@pytest.mark.parametrize(
    ("status", "on_poe", "kind", "words"), STATUSES, ids=lambda v: str(getattr(v, "__name__", v))
)
async def test_each_status_has_its_error(
    status: int, on_poe: bool, kind: type[errors.PoeCliError], words: str
) -> None:
    """A status is an error of the right class, by who answers, with the body's words and no key."""
    body = b'{"error": {"message": "because of ' + KEY.encode() + b'"}}'
    answer = Answer([body], status=status, content_type="application/json")
    async with scripted_server(answer) as server:
        with pytest.raises(kind) as caught:
            await events(server, name="EchoBot" if on_poe else None)
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert KEY not in str(caught.value.as_json())


ENOUGH = Timeouts()
BROKEN = [
    ("no-done", Answer([text("a")]), ENOUGH, errors.CutStream, "without `done`"),
    ("cut", Answer([text("a")], end="cut"), ENOUGH, errors.CutStream, "was cut"),
    ("cut-event", Answer([text("a"), b"event: te"]), ENOUGH, errors.CutStream, "middle of an"),
    ("nothing", Answer([]), ENOUGH, errors.CutStream, "without `done`"),
    ("closed-at-once", Answer(status=0), ENOUGH, errors.NotReachable, "without an answer"),
    ("html", Answer([b"<p>"], content_type="text/html"), ENOUGH, errors.BadAnswer, "event stream"),
    ("no-type", Answer([b"{}"], content_type=None), ENOUGH, errors.BadAnswer, "event stream"),
    ("endless-line", Answer([b"data: " * 1_500_000]), ENOUGH, errors.BadAnswer, "larger than"),
    ("silent", Answer(silent=True), SOON, errors.TimedOut, "did not answer"),
    ("only-pings", Answer([b": ping\n\n"], end="hang"), SOON, errors.TimedOut, "did not answer"),
    ("stalled", Answer([text("a")], end="hang"), SOON_AFTER, errors.TimedOut, "stopped"),
]


@pytest.mark.parametrize(
    ("answer", "timeouts", "kind", "words"),
    [row[1:] for row in BROKEN],
    ids=[row[0] for row in BROKEN],
)
async def test_each_broken_answer_has_its_error(
    answer: Answer, timeouts: Timeouts, kind: type[errors.PoeCliError], words: str
) -> None:
    """A stream that breaks off, never starts or never ends is told apart."""
    async with scripted_server(answer) as server:
        with pytest.raises(kind) as caught:
            await events(server, timeouts=timeouts)
    assert words in caught.value.message + caught.value.why


async def test_a_limit_on_the_whole_answer_is_kept() -> None:
    """With a total, an answer that goes on arriving is ended."""
    pieces = [text("a")] * 10_000
    async with scripted_server(Answer(pieces)) as server:
        with pytest.raises(errors.TimedOut, match="did not end in time"):
            await events(server, timeouts=Timeouts(total=0))


async def test_a_redirect_is_named_and_not_followed() -> None:
    """The key stays with the host it was meant for."""
    async with scripted_server(Answer([text("a"), DONE])) as other:
        moved = Answer(status=307, headers=[("Location", f"{other.url}/new?x=1")])
        async with scripted_server(moved) as server:
            with pytest.raises(errors.NotReachable, match="redirects") as caught:
                await events(server)
        assert caught.value.why == f"It redirects to {other.url}/new."
        assert other.requests == []


async def test_nobody_there_is_not_reachable() -> None:
    """A refused connection says that nobody answers at that address."""
    async with scripted_server(Answer()) as server:
        url = server.url
    with pytest.raises(errors.NotReachable, match="Can't connect"):
        await anext(stream_events(HI, BotAddress.at(url)))


@pytest.mark.parametrize("url", ["ftp://host/", "http://", "host", "http://ho st/", "http://[::"])
async def test_an_unusable_url_is_a_usage_error(url: str) -> None:
    """What is not a web address is refused before anything is sent."""
    with pytest.raises(errors.UsageError, match="not a web address"):
        await anext(stream_events(HI, BotAddress.at(url)))


async def test_a_key_no_header_can_carry_is_refused_without_being_shown() -> None:
    """The error for a broken key never quotes it."""
    with pytest.raises(errors.UsageError) as caught:
        await anext(stream_events(HI, BotAddress.at("http://127.0.0.1:9/", Secret("abc\ndef"))))
    assert "abc" not in str(caught.value.as_json())


async def test_leaving_the_stream_closes_the_connection() -> None:
    """A caller that stops reading hangs up, which cancels the bot's work."""
    async with scripted_server(Answer([text("a")], end="hang")) as server:
        stream = stream_events(HI, BotAddress.at(server.url))
        await anext(stream)
        await stream.aclose()
        await server.hung_up.wait()


async def test_a_session_keeps_its_connection() -> None:
    """The next question of a chat goes out on the same connection."""
    async with scripted_server(Answer([text("a"), DONE])) as server, open_session() as session:
        bot = BotAddress.at(server.url)
        for _ in range(3):
            assert len([e async for e in stream_events(HI, bot, session=session)]) == 2
        assert server.connections == 1


async def test_a_body_that_stays_open_after_done_is_not_waited_for() -> None:
    """done ends the answer, whatever the server does then."""
    stays = Answer([text("a"), DONE], end="hang")
    async with scripted_server(stays) as server, open_session() as session:
        stream = stream_events(HI, BotAddress.at(server.url), session=session)
        assert [type(e) async for e in stream] == [ev.Text, ev.Done]
        await server.hung_up.wait()


# --- retries ------------------------------------------------------------------------------------

QUICK = Retry(tries=3, first_delay=0.001)
BUSY = Answer([b"busy"], status=529, content_type="text/plain")
GOOD = Answer([text("good"), DONE])


async def test_before_the_first_event_a_call_is_repeated() -> None:
    """A failure of Poe's, a closed connection and a rate limit are tried again."""
    limited = Answer(status=429, headers=[("Retry-After", "0")])
    async with scripted_server(BUSY, limited, GOOD) as server:
        assert await events(server, name="b", retry=QUICK) == [ev.Text("good"), ev.Done()]


async def test_a_long_retry_after_is_not_waited_for() -> None:
    """A Retry-After beyond the longest delay is told to the caller at once."""
    limited = Answer(status=429, headers=[("Retry-After", "3600")])
    async with scripted_server(limited, GOOD) as server:
        with pytest.raises(errors.RateLimited) as caught:
            await events(server, name="b", retry=QUICK)
    assert caught.value.retry_after == 3600
    assert "3600 s" in caught.value.hint


async def test_poes_rate_limit_event_is_tried_again() -> None:
    """Poe says "rate limit" in an event of a 200: it is treated like the status."""
    limit = event("error", {"text": "You have exceeded rate limit to query bot."})
    async with scripted_server(Answer([limit, DONE]), GOOD) as server:
        assert await events(server, name="b", retry=QUICK) == [ev.Text("good"), ev.Done()]


async def test_after_the_first_event_nothing_is_asked_twice() -> None:
    """A cut answer is an error, not a second answer behind the first."""
    async with scripted_server(Answer([text("par")], end="cut"), GOOD) as server:
        with pytest.raises(errors.CutStream):
            await events(server, retry=QUICK)
    assert len(server.requests) == 1


async def test_a_mid_stream_retry_arrives_as_a_replacement() -> None:
    """Asked for, the second answer replaces the first; its meta and known files don't repeat."""
    file = event("file", {"url": "u", "content_type": "t", "name": "n"})
    meta = event("meta", {"suggested_replies": True})
    cut = Answer([meta + text("par") + text("other", index=1) + file], end="cut")
    async with scripted_server(cut, Answer([meta + text("good") + file + DONE])) as server:
        got = await events(server, retry=Retry(tries=2, mid_stream=True, first_delay=0.001))
    assert got == [
        ev.Meta(suggested_replies=True),
        ev.Text("par"),
        ev.Text("other", 1),
        ev.File("u", "t", "n"),
        ev.ReplaceResponse(""),
        ev.ReplaceResponse("", 1),
        ev.Text("good"),
        ev.Done(),
    ]


async def test_a_started_tool_call_is_never_repeated() -> None:
    """Chunks of a tool call can't be taken back, so there is no second answer after one."""
    cut = Answer([event("json", {"choices": []})], end="cut")
    async with scripted_server(cut, GOOD) as server:
        with pytest.raises(errors.CutStream):
            await events(server, retry=Retry(mid_stream=True, first_delay=0.001))


# --- get_bot_response ---------------------------------------------------------------------------

MESSAGES = [
    {"role": "user", "content": "hi"},
    ProtocolMessage(role="user", content="hi"),
    fp.ProtocolMessage(role="user", content="hi"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=["dict", "ours", "fp"])
async def test_messages_may_be_models_or_dicts(message: object) -> None:
    """A script may pass fastapi_poe's messages, ours, or plain dicts."""
    async with scripted_server(GOOD) as server:
        stream = get_bot_response([message], "EchoBot", KEY, base_url=server.url + "/v1/")
        got = [piece.text async for piece in stream]
    assert got == ["good"]
    assert server.requests[0].path == "/bot/EchoBot"
    assert server.requests[0].json["query"][0]["content"] == "hi"


async def test_a_bots_url_may_stand_for_its_name() -> None:
    """get_bot_response asks a bot anywhere when it is given its URL."""
    async with scripted_server(GOOD) as server:
        got = [p.text async for p in get_bot_response([], f"{server.url}/my", KEY)]
    assert got == ["good"]
    assert server.requests[0].path == "/my"


ERROR_EVENTS = [
    ({"text": "Bot does not exist"}, errors.NoSuchBot),
    ({"text": "Cannot access private bots"}, errors.NoSuchBot),
    ({"text": "Access denied"}, errors.KeyRefused),
    ({"text": "You have exceeded rate limit to query bot"}, errors.RateLimited),
    ({"text": "Internal server error (error_id: 1)"}, errors.PoeFailure),
    ({"text": "x", "error_type": "insufficient_fund"}, errors.OutOfPoints),
    ({"text": "x", "error_type": "subscription_required"}, errors.OutOfPoints),
    ({"text": "x", "error_type": "user_caused_error"}, errors.BotErrorEvent),
    ({}, errors.BotErrorEvent),
]


@pytest.mark.parametrize(("data", "kind"), ERROR_EVENTS, ids=lambda v: str(v)[:40])
async def test_each_error_event_has_its_error(
    data: dict[str, object], kind: type[errors.PoeCliError]
) -> None:
    """An error event of Poe's is the error it stands for; any other is the bot's own."""
    async with scripted_server(Answer([event("error", data), DONE])) as server:
        stream = get_bot_response([], "B", KEY, base_url=server.url, retry=NO_RETRY)
        with pytest.raises(kind) as caught:
            await anext(stream)
    assert type(caught.value) is kind


async def test_a_bots_error_event_keeps_its_fields() -> None:
    """allow_retry, error_type and the exception's repr of a bot's error event are kept."""
    data = {
        "text": "Sorry",
        "allow_retry": False,
        "error_type": "user_caused_error",
        "raw_response": "ValueError('x')",
    }
    async with scripted_server(Answer([event("error", data), DONE])) as server:
        with pytest.raises(errors.BotErrorEvent) as caught:
            await anext(get_bot_response([], server.url, KEY))
    assert caught.value.as_json()["allow_retry"] is False
    assert caught.value.error_type == "user_caused_error"
    assert "ValueError('x')" in caught.value.why


def call_of(number: int) -> Answer:
    delta = {
        "tool_calls": [
            {
                "index": 0,
                "id": f"c{number}",
                "type": "function",
                "function": {"name": "double", "arguments": f'{{"value": {number}}}'},
            }
        ]
    }
    chunk = {"choices": [{"delta": delta, "finish_reason": None}]}
    return Answer([event("json", chunk), DONE])


async def double(value: int) -> int:
    return 2 * value


DOUBLE = {"type": "function", "function": {"name": "double", "description": "", "parameters": {}}}


async def test_tools_run_for_as_many_rounds_as_asked() -> None:
    """Each round's calls and results are sent back; the last answer's text arrives."""
    async with scripted_server(call_of(1), call_of(5), GOOD) as server:
        stream = get_bot_response(
            [], server.url, KEY, tools=[DOUBLE], tool_executables=[double], max_tool_rounds=2
        )
        got = [piece.text async for piece in stream]
    assert got == ["good"]
    last = server.requests[-1].json
    assert [call["id"] for call in last["tool_calls"]] == ["c1", "c5"]
    assert [result["content"] for result in last["tool_results"]] == ["2", "10"]


async def test_a_call_of_an_unknown_tool_is_a_bad_answer() -> None:
    """A model that asks for a function nobody offered is told so, and what was offered."""
    async with scripted_server(call_of(1)) as server:
        stream = get_bot_response([], server.url, KEY, tools=[DOUBLE], tool_executables=[repr])
        with pytest.raises(errors.BadAnswer, match="not offered"):
            await anext(stream)


def test_a_script_without_a_loop_gets_the_same_pieces() -> None:
    """get_bot_response_sync yields piece by piece and raises the same errors."""
    with in_a_thread(GOOD, Answer([text("a")], end="cut")) as server:
        assert [p.text for p in get_bot_response_sync([], server.url, KEY)] == ["good"]
        pieces = get_bot_response_sync([], server.url, KEY)
        assert next(pieces).text == "a"
        with pytest.raises(errors.CutStream):
            next(pieces)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing there wakes a waiting select")
def test_a_script_without_a_loop_is_ended_by_ctrl_c() -> None:
    """While it waits for a piece: what comes out is KeyboardInterrupt, and the answer is left."""
    waiting = threading.main_thread().ident
    assert waiting is not None

    def press_once_it_waits() -> None:
        while sys._current_frames()[waiting].f_code.co_filename != selectors.__file__:
            pass
        signal.pthread_kill(waiting, signal.SIGINT)

    with in_a_thread(Answer([text("a")], end="hang")) as server:
        pieces = get_bot_response_sync([], server.url, KEY)
        assert next(pieces).text == "a"
        pressing = threading.Thread(target=press_once_it_waits, daemon=True)
        pressing.start()
        with pytest.raises(KeyboardInterrupt):
            next(pieces)
        pressing.join()


def test_the_front_door_holds_what_it_lists() -> None:
    """Each name of poecli.client can be imported from there, and no other."""
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        client.nope  # noqa: B018 - the look-up is the test


# --- settings and reports -----------------------------------------------------------------------


async def test_settings_are_asked_and_read() -> None:
    """ask_settings sends a settings request and reads the answer."""
    body = b'{"response_version": 2, "introduction_message": "Hello"}'
    async with scripted_server(Answer([body], content_type="application/json")) as server:
        settings = await ask_settings(BotAddress.at(server.url, Secret(KEY)))
    assert settings.introduction_message == "Hello"
    assert server.requests[0].json["type"] == "settings"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"allow_attachments": {}}'])
async def test_unusable_settings_are_a_bad_answer(body: bytes) -> None:
    """A body that is no settings answer is the bot's fault."""
    async with scripted_server(Answer([body], content_type="application/json")) as server:
        with pytest.raises(errors.BadAnswer, match="settings"):
            await ask_settings(BotAddress.at(server.url, Secret(KEY)))


async def test_settings_that_never_come_time_out() -> None:
    """A bot that takes the request and says nothing is timed out."""
    async with scripted_server(Answer(silent=True)) as server:
        with pytest.raises(errors.TimedOut):
            await ask_settings(BotAddress.at(server.url, Secret(KEY)), timeouts=SOON)


async def test_a_report_is_sent() -> None:
    """send_report posts the report and ignores what is answered."""
    report = ReportFeedbackRequest(
        message_id="m", user_id="u", conversation_id="c", feedback_type="like"
    )
    async with scripted_server(Answer([b"whatever"], content_type="text/plain")) as server:
        await send_report(report, BotAddress.at(server.url, Secret(KEY)))
    assert server.requests[0].json["feedback_type"] == "like"


@pytest.mark.parametrize(
    "base", ["http://p", "http://p/", "http://p/v1", "http://p/v1/", "http://p/bot/"]
)
def test_the_base_url_may_be_written_in_many_ways(base: str) -> None:
    """A trailing slash, /v1 or /bot changes nothing; a handle is quoted."""
    assert bot_query_url("My Bot/1", base) == "http://p/bot/My%20Bot%2F1"
