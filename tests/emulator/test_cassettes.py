"""Recording the real Poe, and playing it back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from poecli.config.credentials import Secret
from poecli.dev_events import Advice, UpstreamStarted
from poecli.emulator.bots.cassette import Cassette, Recording
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.protocol.sse import Frame
from poecli.turns.kept import RecordedEvent
from tests.emulator.asking import ask, ask_raw, errors_of, query, text_of
from tests.emulator.serving import KEY, AuthorsBot, local_poe
from tests.servers import serving

API_KEY = "seeded-api-key-0123456789abcdef0"
STREAMS: list[tuple[str, list[ev.Event]]] = [
    ("text", [ev.Text("a"), ev.Text("b\nc"), ev.Text("é\u2028😀"), ev.Done()]),
    (
        "every event",
        [
            ev.Meta(suggested_replies=True),
            ev.Text("a"),
            ev.ReplaceResponse(""),
            ev.Text("b", index=1),
            ev.File("https://x/y", "text/plain", "y"),
            ev.Data("state"),
            ev.Json({"a": [1, None, "é"]}),
            ev.Ping(),
            ev.SuggestedReply("go on"),
            ev.Done(),
        ],
    ),
    (
        "error",
        [
            ev.Text("a"),
            ev.Error("no", allow_retry=False, error_type="insufficient_fund"),
            ev.Done(),
        ],
    ),
    (
        "unknown and broken",
        [ev.Unknown("new", "x"), ev.Malformed("text", "{", "r"), ev.Text("a"), ev.Done()],
    ),
    ("cut", [ev.Text("a"), ev.Text("b")]),
]


@pytest.mark.parametrize("stream", [row[1] for row in STREAMS], ids=[row[0] for row in STREAMS])
async def test_a_replay_is_byte_for_byte_what_was_recorded(
    stream: list[ev.Event], tmp_path: Path
) -> None:
    """Every event, its boundaries, its cut; and Poe is not asked again."""
    poe_itself = AuthorsBot(stream)
    record, replay = ({"Some-Bot": f"{kind}:c.jsonl"} for kind in ("record", "replay"))
    async with serving(poe_itself.app()) as url:
        key: dict[str, Any] = {"base_url": url, "api_key": Secret(API_KEY)}
        async with local_poe(tmp_path, bots=record, **key) as poe:
            recorded = await ask_raw(poe, query())
        async with local_poe(tmp_path, bots=replay, **key) as poe:
            replayed = [await ask_raw(poe, query(user_id="u-2", message_id="m-9")) for _ in "ab"]

    assert b"event:" in recorded
    assert replayed == [recorded, recorded]
    assert len(poe_itself.queries) == 1


@pytest.mark.parametrize("cut", range(len(API_KEY) + 1))
async def test_the_key_is_never_written(cut: int, tmp_path: Path) -> None:
    """Not from the header, not from the body, not from an answer that cuts it anywhere."""
    stream: list[ev.Event] = [
        ev.Text(f"key {API_KEY[:cut]}"),
        ev.Text(f"{API_KEY[cut:]}."),
        ev.Done(),
    ]
    poe_itself = AuthorsBot(stream)
    async with (
        serving(poe_itself.app()) as url,
        local_poe(
            tmp_path,
            bots={"Some-Bot": "record:c.jsonl"},
            base_url=url,
            api_key=Secret(API_KEY),
        ) as poe,
    ):
        await ask(poe, f"my key is {API_KEY}", access_key=KEY, api_key=KEY)

    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    said = "".join(json.loads(line["data"]).get("text", "") for line in lines if "data" in line)
    everything = (tmp_path / "c.jsonl").read_text() + said
    assert poe_itself.headers[0]["Authorization"] == f"Bearer {API_KEY}"
    assert said == "key " + "*" * len(API_KEY) + "."
    assert API_KEY not in everything
    assert KEY not in everything


async def test_only_the_api_key_goes_to_poe(tmp_path: Path) -> None:
    """The keys of the local query mean nothing there; live calls are counted."""
    poe_itself = AuthorsBot([ev.Text("hi"), ev.Done()])
    async with (
        serving(poe_itself.app()) as url,
        local_poe(
            tmp_path, bots={"Some-Bot": "live"}, base_url=url, api_key=Secret(API_KEY)
        ) as poe,
    ):
        texts = [text_of(await ask(poe, access_key=KEY)) for _ in range(2)]
        await ask(poe, bot="Other-Bot")
        counts = [started.live_calls for started in poe.told(UpstreamStarted)]

    assert texts == ["hi", "hi"]
    assert counts == [1, 2, 2]
    assert KEY not in poe_itself.queries[0].model_dump_json()


async def test_live_without_a_key_says_where_to_get_one(tmp_path: Path) -> None:
    """Nothing is asked of Poe without the author's key."""
    async with local_poe(tmp_path, bots={"Some-Bot": "live"}) as poe:
        events = await ask(poe)
        (complaint,) = poe.told(Advice)

    assert len(errors_of(events)) == 1
    assert "poe login" in complaint.hint


async def test_a_miss_shows_the_nearest_request_and_the_difference(tmp_path: Path) -> None:
    """The author sees at once which word of the request changed."""
    record, replay = ({"Some-Bot": f"{kind}:c.jsonl"} for kind in ("record", "replay"))
    async with serving(AuthorsBot([ev.Text("x"), ev.Done()]).app()) as url:
        key: dict[str, Any] = {"base_url": url, "api_key": Secret(API_KEY)}
        async with local_poe(tmp_path, bots=record, **key) as poe:
            await ask(poe, "What is the weather in Tokyo?")
            await ask(poe, "Tell me a long story about a cat")
    async with local_poe(tmp_path, bots=replay) as poe:
        events = await ask(poe, "What is the weather in Paris?")
        (complaint,) = poe.told(Advice)

    assert errors_of(events) == ["c.jsonl has no answer to this request to Some-Bot."]
    assert '-   "content": "What is the weather in Tokyo?"' in complaint.why
    assert '+   "content": "What is the weather in Paris?"' in complaint.why
    assert "cat" not in complaint.why
    assert "record:c.jsonl" in complaint.hint


def recording(text: str, request: Any = None) -> Recording:
    frame = Frame("text", json.dumps({"text": text}))
    return Recording("B", request or {"query": []}, (RecordedEvent(1.0, frame),))


def test_a_request_asked_again_gets_the_next_answer(tmp_path: Path) -> None:
    """In the order of the recording; the last one stays."""
    cassette = Cassette(tmp_path / "c.jsonl")
    first, second = recording("1"), recording("2")
    for each in (first, second):
        cassette.add(each, [])

    reader = Cassette(tmp_path / "c.jsonl")
    assert [reader.next_for("B", {"query": []}) for _ in range(3)] == [first, second, second]


def test_a_later_run_takes_the_place_of_an_earlier(tmp_path: Path) -> None:
    """Recording again is how an answer is renewed."""
    for text in ("old", "new"):
        Cassette(tmp_path / "c.jsonl").add(recording(text), [])

    assert Cassette(tmp_path / "c.jsonl").next_for("B", {"query": []}) == recording("new")


def test_half_a_recording_was_never_made(tmp_path: Path) -> None:
    """A kill while writing costs the answer that was being written."""
    file = tmp_path / "c.jsonl"
    Cassette(file).add(recording("whole"), [])
    whole = file.read_bytes()
    Cassette(file).add(recording("torn", {"query": [1]}), [])
    data = file.read_bytes()
    for length in range(len(whole), len(data) - 1):  # the last line's end may be missing
        file.write_bytes(data[:length])
        reader = Cassette(file)

        assert reader.next_for("B", {"query": []}) == recording("whole")
        with pytest.raises(UsageError):
            reader.next_for("B", {"query": [1]})


def test_a_cassette_that_is_not_there_says_how_to_record_one(tmp_path: Path) -> None:
    """The error names the flag."""
    with pytest.raises(UsageError) as caught:
        Cassette(tmp_path / "c.jsonl").next_for("B", {})

    assert "record:" in caught.value.hint


async def test_recordings_made_at_once_do_not_mix(tmp_path: Path) -> None:
    """Each answer is one piece of the file."""
    record, replay = ({"Some-Bot": f"{kind}:c.jsonl"} for kind in ("record", "replay"))
    async with serving(AuthorsBot([ev.Text("x")] * 50 + [ev.Done()]).app()) as url:
        key: dict[str, Any] = {"base_url": url, "api_key": Secret(API_KEY)}
        async with local_poe(tmp_path, bots=record, **key) as poe:
            recorded = await asyncio.gather(*(ask_raw(poe, query(str(n))) for n in range(20)))
    async with local_poe(tmp_path, bots=replay) as poe:
        replayed = [await ask_raw(poe, query(str(n))) for n in range(20)]

    assert replayed == recorded
