"""``/bot/{name}``: every answer is an event stream, refusals too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from poecli.dev_events import Advice, UpstreamEnded, UpstreamStarted
from poecli.protocol import events as ev
from poecli.protocol.sse import SseDecoder
from tests.emulator.asking import ask, ask_raw, errors_of, query, text_of
from tests.emulator.serving import KEY, local_poe

BAD_BODIES: list[tuple[str, bytes, str]] = [
    ("no JSON", b"{", "the body is not JSON"),
    ("no object", b"[]", "the body is not a JSON object"),
    ("no type", b"{}", "the field 'type' is missing or not a string"),
    ("no query", b'{"type": "query"}', "query: Field required"),
    ("unknown type", b'{"type": "x"}', "unsupported request type 'x'"),
    ("settings", b'{"type": "settings"}', "unsupported request type 'settings'"),
]


@pytest.mark.parametrize(
    ("body", "text"), [row[1:] for row in BAD_BODIES], ids=[row[0] for row in BAD_BODIES]
)
async def test_a_bad_body_is_an_error_event(body: bytes, text: str, tmp_path: Path) -> None:
    """fastapi_poe loses every answer that is no event stream."""
    async with local_poe(tmp_path) as poe, httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = await client.post(f"{poe.bots}X", content=body, headers=headers)

    events = [ev.event_from_frame(frame) for frame in SseDecoder().feed(answer.content)]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert events == [ev.Error(text, allow_retry=False), ev.Done()]


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc"])
async def test_a_call_without_a_key_is_denied(value: str, tmp_path: Path) -> None:
    """The author reads which argument is missing."""
    async with local_poe(tmp_path) as poe:
        events = await ask(poe, headers={"Authorization": value})
        (complaint,) = poe.told(Advice)

    assert errors_of(events) == ["Access denied"]
    assert "request.access_key" in complaint.hint


async def test_reports_are_taken_and_told(tmp_path: Path) -> None:
    """What fastapi_poe's client dislikes reaches the author's terminal."""
    body = {"type": "report_error", "message": "no text", "metadata": {"message_id": "m-7"}}
    async with local_poe(tmp_path) as poe:
        answer = await ask_raw(poe, body)
        (complaint,) = poe.told(Advice)

    assert answer == b"{}"
    assert complaint.message_id == "m-7"
    assert "no text" in complaint.message


async def test_every_call_is_told_at_its_start_and_its_end(tmp_path: Path) -> None:
    """The terminal can show a call while it runs, and what came of it."""
    async with local_poe(tmp_path) as poe:
        events = await ask(poe)
        started, ended = poe.told(UpstreamStarted), poe.told(UpstreamEnded)

    assert started == [UpstreamStarted(1, "m-1", "Some-Bot", "mock", 0)]
    assert [(e.number, e.event_count, e.characters, e.error) for e in ended] == [
        (1, len(events), len(text_of(events)), None)
    ]


async def test_calls_are_on_disk_before_their_last_event(tmp_path: Path) -> None:
    """A kill after the answer loses nothing of it."""
    async with local_poe(tmp_path) as poe:
        await ask_raw(poe, query())
        lines = (tmp_path / ".poe" / "platform.jsonl").read_text().splitlines()

    assert len(lines) == 1
    assert '"bot":"Some-Bot"' in lines[0]


async def test_a_full_disk_takes_no_answer_away(tmp_path: Path) -> None:
    """What can't be kept is said once, and the bot goes on."""
    (tmp_path / ".poe").write_text("a file where the folder should be")
    async with local_poe(tmp_path) as poe:
        answers: list[Any] = [text_of(await ask(poe)) for _ in range(2)]
        complaints = poe.told(Advice)

    assert all("hello" in answer for answer in answers)
    assert len(complaints) == 1
