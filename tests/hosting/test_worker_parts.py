"""The worker's own parts: its channel, what the bot prints, importing ahead, the watchdog."""

from __future__ import annotations

import asyncio
import io
import os
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import certifi
import pytest

from poecli.errors import UsageError
from poecli.hosting.process.channel import Channel
from poecli.hosting.process.imports import import_ahead
from poecli.hosting.process.messages import (
    Exit,
    Load,
    LoadDone,
    LoadedBot,
    LoadFailure,
    Message,
    OutputLine,
    Prepare,
    UnknownMessage,
    WarmUp,
    decode,
    encode,
)
from poecli.hosting.process.output import CURRENT_TURN, TaggedStream
from poecli.hosting.process.watchdog import Location, Watchdog, watched_load


def _line(sent: bytes) -> OutputLine:
    message = decode(sent)
    assert isinstance(message, OutputLine)
    return message


class Sent(io.BytesIO):
    """What went up a channel."""

    @property
    def lines(self) -> list[OutputLine]:
        return [_line(line) for line in self.getvalue().splitlines()]


def test_messages_are_read_until_the_parent_is_gone() -> None:
    """A line that was cut is the end, like no line at all."""
    channel = Channel(io.BytesIO(encode(WarmUp()) + encode(Exit())[:9]), Sent())
    assert list(channel.messages()) == [WarmUp()]


def test_a_closed_channel_is_silent() -> None:
    """Nothing is raised into the author's code when the parent is gone."""
    incoming, outgoing = io.BytesIO(), Sent()
    channel = Channel(incoming, outgoing)
    incoming.close()
    outgoing.close()
    channel.send(OutputLine("x", "stdout"))
    assert channel.receive() is None


MESSAGES: list[Message] = [
    WarmUp(),
    Prepare("/here", None, ("api.poe.com",), (("type", "a"), ("PATH", "b"))),
    Load("main.py", check=("a.py", "b.py")),
    LoadDone(8080, (LoadedBot("Bot", "/", "key"),), ("numpy",), ("main.py",), ("note",)),
    LoadFailure.of(UsageError("what", why="why", hint="hint", detail="detail")),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_arrives_as_it_was_sent(message: Message) -> None:
    """With all that is in it, and of the same types."""
    assert decode(encode(message)) == message


FOREIGN = {
    "no JSON": b"hello\n",
    "no object": b"[]\n",
    "an old kind": b'{"type": "rehearse"}\n',
    "another version's field": b'{"type": "Preload", "modules": [], "folder": ""}\n',
    "a field is missing": b'{"type": "Load"}\n',
}


@pytest.mark.parametrize("line", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_message_is_refused(line: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """In words; for a worker it is the end of its channel."""
    with pytest.raises(UnknownMessage, match="not a message"):
        decode(line)
    assert Channel(io.BytesIO(line), Sent()).receive() is None
    assert "not a message" in capfd.readouterr().err


def test_the_end_is_told_from_a_thread() -> None:
    """Messages go to one callback, the parent's end to the other."""
    taken: list[Message] = []
    gone = threading.Event()
    channel = Channel(io.BytesIO(encode(Exit())), Sent())
    channel.watch(taken.append, gone.set)
    assert gone.wait(10)
    assert taken == [Exit()]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (["one\n"], ["one"]),
        (["o", "ne", "\ntwo\nthr"], ["one\ntwo"]),
        (["a\n\nb\n"], ["a\n\nb"]),
        (["\n"], [""]),
        (["x" * 40_000], ["x" * 32_768, "x" * 7_232]),
    ],
)
def test_whole_lines_go_up(written: list[str], lines: list[str]) -> None:
    """What has no line end waits; what is too long goes in pieces."""
    sent = Sent()
    stream = TaggedStream(Channel(io.BytesIO(), sent), "stdout")
    for text in written:
        assert stream.write(text) == len(text)
    assert [line.text for line in sent.lines] == lines


def test_output_carries_its_turn() -> None:
    """The turn is that of the context that printed; a flush sends the rest."""
    sent = Sent()
    stream = TaggedStream(Channel(io.BytesIO(), sent), "stderr")
    stream.write("outside")
    token = CURRENT_TURN.set(7)
    stream.write("inside\n")
    CURRENT_TURN.reset(token)
    stream.flush()
    assert [(line.text, line.turn) for line in sent.lines] == [("inside", 7), ("outside", None)]


def test_a_package_that_starts_threads_is_named(tmp_path: Path) -> None:
    """The first that does is the answer; a broken one and one known to break a fork are passed."""
    (tmp_path / "quiet_one.py").write_text("")
    (tmp_path / "broken_one.py").write_text("raise SystemExit(3)")
    (tmp_path / "torch.py").write_text("raise AssertionError('never imported')")
    (tmp_path / "threaded.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    script = (
        "from poecli.hosting.process.imports import import_ahead\n"
        "names = ['quiet_one', 'broken_one', 'torch.nn', 'threaded']\n"
        "print(import_ahead(names, {'threaded'}), import_ahead(names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "threaded"]


def test_threads_that_are_there_already_are_seen() -> None:
    """A process with another thread is no fork server."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert import_ahead(["json"]) == "json"
    finally:
        over.set()
        thread.join()


async def test_the_blocking_line_is_named() -> None:
    """Place and length of a stall are told once it is over."""
    told: list[tuple[Location | None, float]] = []
    reported = threading.Event()

    def report(place: Location | None, seconds: float) -> None:
        told.append((place, seconds))
        reported.set()

    watchdog = Watchdog(Path(__file__).parent, report)
    watchdog.start(asyncio.get_running_loop())
    time.sleep(0.6)  # noqa: ASYNC251 - blocking the loop is the point
    assert await asyncio.to_thread(reported.wait, 10)
    watchdog.stop()
    place, seconds = told[0]
    assert place is not None
    assert place.function == "test_the_blocking_line_is_named"
    assert seconds > 0.25


async def test_a_stall_is_told_while_it_lasts() -> None:
    """It may never end: the line is told when it has lasted long, and once more when it is over."""
    told: list[tuple[Location | None, float]] = []
    watchdog = Watchdog(Path(__file__).parent, lambda *stall: told.append(stall), long_seconds=0.3)
    watchdog.start(asyncio.get_running_loop())
    deadline = time.monotonic() + 20
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)  # noqa: ASYNC251 - blocking the loop is the point
    watchdog.stop()
    place, _ = told[0]
    assert place is not None
    assert place.function == "test_a_stall_is_told_while_it_lasts"


def test_a_load_that_hangs_is_told_while_it_lasts() -> None:
    """The author's line at which it stands; nothing is told of one that is through."""
    told: list[tuple[Location | None, float]] = []
    here = Path(__file__).parent
    with watched_load(here, lambda *slow: told.append(slow), long_seconds=20):
        pass
    with watched_load(here, lambda *slow: told.append(slow), long_seconds=0.01):
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
    ((place, _),) = told
    assert place is not None
    assert place.function == "test_a_load_that_hangs_is_told_while_it_lasts"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are POSIX's")
async def test_loading_certificates_is_told_as_such(tmp_path: Path) -> None:
    """The author's line makes an HTTP client, which does not look like blocking at all."""
    told: list[tuple[Location | None, float]] = []
    reported = threading.Event()

    def report(place: Location | None, seconds: float) -> None:
        told.append((place, seconds))
        reported.set()

    bundle = tmp_path / "bundle.pem"
    os.mkfifo(bundle)

    def give_late() -> None:
        time.sleep(0.6)
        bundle.write_bytes(Path(certifi.where()).read_bytes())

    giver = threading.Thread(target=give_late)
    watchdog = Watchdog(Path(__file__).parent, report)
    watchdog.start(asyncio.get_running_loop())
    giver.start()
    ssl.create_default_context(cafile=bundle)
    assert await asyncio.to_thread(reported.wait, 10)
    watchdog.stop()
    giver.join()
    assert told[0][0] is not None
    assert "It loads the TLS certificates" in told[0][0].cause
