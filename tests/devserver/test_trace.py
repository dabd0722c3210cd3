"""What is read of turns: all of it while it can be afforded, and openly less when not."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from poecli.dev_events import DevEvent, TurnEnded, TurnsCounted, TurnStarted, ViolationSeen
from poecli.devserver.trace import Trace
from poecli.turns.kept import KeptAnswer

ANSWER = b'event: text\r\ndata: {"text": "hi"}\r\n\r\nevent: done\r\ndata: {}\r\n\r\n'
SLOW_SECONDS = 0.002  # of telling one report: the log of a busy machine
FLOOD = 200


class Heard:
    """Reports, each of which takes a while to be written."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.reports: list[DevEvent] = []
        self._seconds = seconds

    def __call__(self, report: DevEvent) -> None:
        self.reports.append(report)
        until = time.perf_counter() + self._seconds
        while time.perf_counter() < until:
            pass

    def count(self, kind: type[DevEvent], *, examined: bool = True) -> int:
        told = [report for report in self.reports if isinstance(report, kind)]
        return Counter(getattr(report, "examined", True) for report in told)[examined]


def turn(trace: Trace, number: int, answer: bytes = ANSWER) -> None:
    """One turn from its beginning to its end, its answer in one chunk."""
    body = {"type": "query", "message_id": f"m-{number}", "query": [{"content": "hi"}]}
    tap = trace.begin(body, [], path="/", generation=1, bot="Echo")
    tap.is_stream = True
    tap.passing(answer)
    tap.feed(answer)
    tap.end()


async def test_a_short_answer_is_told_as_it_ends() -> None:
    """Nothing waits: what the log says is never behind."""
    heard = Heard()
    trace = Trace(heard)
    turn(trace, 1)
    kinds = [type(report) for report in heard.reports]
    await trace.close()
    assert (kinds[0], kinds[-1]) == (TurnStarted, TurnEnded)


async def test_what_cannot_be_afforded_is_counted_and_said() -> None:
    """A flood is told of in part; every turn is either examined or in a count, none waits."""
    heard = Heard(SLOW_SECONDS)
    trace = Trace(heard)
    for number in range(FLOOD):
        turn(trace, number)
        assert trace.kept == 0
    await trace.close()
    counted = sum(report.count for report in heard.reports if isinstance(report, TurnsCounted))
    examined = heard.count(TurnEnded)
    assert 0 < examined < FLOOD
    assert examined + counted == FLOOD
    assert heard.count(TurnEnded, examined=False) == counted


async def test_nothing_is_left_out_where_somebody_asserts() -> None:
    """`poe check`, conversations as tests and --exec see the fault of the last of many turns."""
    heard = Heard(SLOW_SECONDS)
    trace = Trace(heard, examine_all=True)
    for number in range(FLOOD):
        turn(trace, number)
    turn(trace, FLOOD, ANSWER.replace(b'"hi"', b"7"))
    await trace.close()
    assert heard.count(TurnEnded) == FLOOD + 1
    assert heard.count(TurnsCounted) == 0
    broken = [report.rule for report in heard.reports if isinstance(report, ViolationSeen)]
    assert broken == ["malformed-event", "empty-answer"]


async def test_a_rule_is_told_once_a_turn() -> None:
    """However many events of an answer break it; the next turn's is told anew."""
    heard = Heard()
    trace = Trace(heard)
    bad = b'event: text\ndata: {"text": 7}\n\n'
    turn(trace, 1, bad + bad + ANSWER)
    turn(trace, 2, bad + ANSWER)
    await trace.close()
    told = [report for report in heard.reports if isinstance(report, ViolationSeen)]
    assert [(seen.turn, seen.rule) for seen in told] == [
        (1, "malformed-event"),
        (2, "malformed-event"),
    ]


async def test_every_turn_is_recorded_whatever_is_examined() -> None:
    """The journal loses none: it is written before the last bytes go out."""
    kept: list[str] = []
    trace = Trace(Heard(SLOW_SECONDS), lambda started, _answer: kept.append(started.message_id))
    for number in range(FLOOD):
        turn(trace, number)
    await trace.close()
    assert kept == [f"m-{number}" for number in range(FLOOD)]


@pytest.mark.parametrize(
    ("status", "is_stream", "chunks", "hung_up", "kept"),
    [
        (200, True, [ANSWER[:35], ANSWER[35:]], False, "whole"),
        (200, True, [ANSWER.replace(b"hi", b"event: done")[:44], ANSWER[35:]], False, "words"),
        (200, True, [ANSWER[:35]], True, "the caller left"),
        (200, True, [], False, "nothing came"),
        (401, False, [b'{"error": ', b'"key"}'], False, "no stream"),
        (200, True, [ANSWER[:35], b": " + b"x" * 2**22 + b"\n\n", ANSWER[35:]], False, "too much"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_answer_is_recorded_as_it_was(
    status: int, is_stream: bool, chunks: list[bytes], hung_up: bool, kept: str
) -> None:
    """Once, with its pieces; what came to no end when it is over."""
    recorded: list[KeptAnswer] = []
    trace = Trace(Heard(), lambda _started, answer: recorded.append(answer))
    tap = trace.begin({"type": "query"}, [], path="/", generation=1, bot="Echo")
    tap.status, tap.is_stream, tap.hung_up = status, is_stream, hung_up
    for chunk in chunks:
        tap.passing(chunk)
    tap.end()
    await trace.close()

    (answer,) = recorded
    small = [chunk for chunk in chunks if len(chunk) < 2**22][: 1 if kept == "too much" else None]
    assert answer.body.encode() == b"".join(small)
    assert [size for _, size in answer.pieces] == [len(chunk) for chunk in small]
    assert (answer.status, answer.hung_up, answer.whole) == (status, hung_up, kept != "too much")


@pytest.mark.parametrize("size", [1, 1_000, 200_000])
async def test_a_long_answer_is_read_in_slices(size: int) -> None:
    """Told whole in the end, whatever it takes."""
    heard = Heard()
    trace = Trace(heard)
    turn(trace, 1, ANSWER.replace(b"hi", b"x" * size))
    await trace.close()
    (ended,) = [report for report in heard.reports if isinstance(report, TurnEnded)]
    assert (len(ended.text), ended.event_count) == (size, 2)
