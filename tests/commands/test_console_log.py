"""What a person reads of a session."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import get_args

import pytest

from poecli import dev_events as e
from poecli.commands.dev.console_log import ConsoleLog
from poecli.config.credentials import Secret
from poecli.errors import BotLoadError
from poecli.protocol import events as ev
from poecli.step_results import failed, note, ok
from poecli.terminal.console import Console
from tests.terminal.screen import FakeTerminal

BOT = e.ServedBot("Echo", "/", "http://h/", {"response_version": 2, "introduction_message": "hi"})
STARTED = e.TurnStarted(1, "query", "/", 1, "Echo", "hello\x1b[2J there", {"message_id": "m-1"})
ENDED = e.TurnEnded(1, "query", 1, 200, 2, 5, 65, 0, 4.0, 5.0)
STEPS = (
    note("It is this machine.", "A tunnel."),
    replace(ok("after 9 ms; Poe waits 5 s"), step="first event"),
)
OPENED = e.TunnelOpened("https://t", "ngrok", (BOT,), STEPS, Secret("made-for-this-run"))
CLOSED = e.TunnelClosed("ngrok", "exit code 1", ("last words",), 2.0)
HELD = replace(OPENED, steps=(*STEPS, failed("It is held back.", "Use another.")))
BROKEN = BotLoadError("main.py:3 does not compile.", why="it", hint="save", detail="here\n ^")


def _reloaded(
    generation: int, ms: float, files: tuple[str, ...], error: BotLoadError | None = None
) -> e.Reloaded:
    return e.Reloaded(error is None, generation, ms, files, error)


class Terminal(io.StringIO):
    """A buffer that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(*events: e.DevEvent, verbose: bool = False) -> str:
    console = Console.test()
    log = ConsoleLog(console, verbose=verbose, default_key="****")
    for event in events:
        log.show(event)
    assert isinstance(console.stderr, io.StringIO)
    return console.stderr.getvalue()


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (e.Ready("http://h", (BOT,), 1), ["http://h", "Echo", "introduction_message", "poe chat"]),
        (_reloaded(2, 33.0, ("a.py", "b", "c", "d")), ["generation 2", "33 ms", "1 more"]),
        (_reloaded(2, 1500.0, ()), ["1.5 s", "asked for"]),
        (_reloaded(1, 9.0, ("a.py",), BROKEN), ["generation 1 keeps", "main.py:3", " ^"]),
        (_reloaded(0, 9.0, (), BROKEN), ["nothing answers until"]),
        (e.WorkerDied(3, "ended by SIGKILL", (), 500), ["SIGKILL", "500 ms"]),
        (e.WorkerDied(3, "exit code 1", (), None), ["generation 3", "exit code 1"]),
        (e.Stalled(612, "main.py", 7, "f", 3), ["612 ms", "main.py:7 (f)", "3 answers"]),
        (e.Stalled(612, "", 0, "", 1), ["a library", "must await"]),
        (e.Stalled(612, "main.py", 7, "f", 1, "It loads."), ["main.py:7 (f)", "It loads."]),
        (e.ViolationSeen(4, "no-done", "must", "why", "how"), ["must: no-done", "why", "fix: how"]),
        (
            OPENED,
            ["public by ngrok: https://t", "try: A tunnel.", "after 9 ms", "edit_bot?bot=Echo"],
        ),
        (OPENED, ["Server URL  http://h/", "Access key  made-for-this-run", "into .env"]),
        (replace(OPENED, made_key=None), ["the bot's own (****)"]),
        (HELD, ["FAILED", "It is held back.", "try: Use another."]),
        (CLOSED, ["exit code 1; started again in 2 s", "│ last words"]),
        (e.Notice("a word"), ["a word"]),
        (e.Advice("mend", "because", "so"), ["mend", "because", "so"]),
        (e.LogLine("out\nof turn", "stdout", None), ["│ out", "│ of turn"]),
        (e.BotRaised(None, "E", "Traceback: E", None), ["Traceback: E"]),
        (e.BotRaised(None, "E", "Traceback: E", "a.py:1", "a.py:1: do"), ["E", "try: a.py:1: do"]),
        (e.CostRequested("", "capture", 1500, 9, ok=True), ["capture $0.01500"]),
        (e.UpstreamEnded(1, "", "GPT", "mock", 3, 9, 12.0, "no"), ["→ GPT (mock) 3 events", "no"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_event_has_its_words(event: e.DevEvent, expected: list[str]) -> None:
    """What happened, where, and what to do."""
    text = shown(event)
    assert [part for part in expected if part not in text] == []


def test_a_rule_is_explained_once() -> None:
    """The next turn that breaks it is named beside the one that it was explained for."""
    seen = [e.ViolationSeen(turn, "no-done", "must", "why", "how") for turn in (4, 5)]
    other = e.ViolationSeen(5, "empty-answer", "must", "nothing", "yield")
    assert shown(*seen, other) == (
        "must: no-done (turn #4)\n  why\n  fix: how\n"
        "must: no-done (turn #5), as in turn #4\n"
        "must: empty-answer (turn #5)\n  nothing\n  fix: yield\n"
    )


def test_a_turn_is_one_line() -> None:
    """Type, bot, text without control codes, events, times, size, generation."""
    line = '#1 query Echo "hello there"  2 events · first 4 ms · total 5 ms · 65 B · gen 1\n'
    assert shown(STARTED, ENDED) == line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"error": "it broke"}, "error: it broke"),
        ({"hung_up": True}, "client hung up"),
        ({"upstream_calls": 2, "cost": 1500}, "2 calls · $0.01500 (~500 points)"),
        ({"status": 401}, "HTTP 401"),
        ({"size": 2048}, "2.0 kB"),
        ({"kind": "settings"}, "HTTP 200, 5 ms"),
        ({"first_event_ms": None}, "2 events · total"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_how_a_turn_ended(changes: dict[str, object], expected: str) -> None:
    """What is out of the ordinary stands in the line."""
    assert expected in shown(STARTED, e.TurnEnded(**{**vars(ENDED), **changes}))


def test_lines_stand_with_their_turn() -> None:
    """Two turns under way: the first speaks, the second waits for its place."""
    second = e.TurnStarted(2, "query", "/", 1, "Echo", "two")
    text = shown(
        STARTED,
        second,
        e.LogLine("of two", "stdout", 2),
        e.LogLine("of one", "stdout", 1),
        e.UpstreamEnded(1, "m-1", "GPT", "mock", 3, 9, 12.0),
        e.BotRaised(2, "E", "Traceback of two", None),
        ENDED,
        e.TurnEnded(**{**vars(ENDED), "turn": 2}),
    )
    heads = [line for line in text.splitlines() if line.startswith(("#", "  │"))]
    assert [line[:12] for line in heads] == [
        "#1 query Ech",
        "  │ of one",
        "  │ → GPT (m",
        "#1 query Ech",
        "#2 query Ech",
        "  │ of two",
        "  │ Tracebac",
        "#2 query Ech",
    ]


def test_events_in_full() -> None:
    """--verbose shows every event."""
    progress = e.TurnProgress(1, 1, 5, (ev.Text("hello\x1b]0;x\x07"),))
    text = shown(STARTED, progress, ENDED, verbose=True)
    assert "│ text {'text': 'hello" in text
    assert "\x1b" not in text


def test_on_a_terminal_the_line_grows() -> None:
    """It is written anew in place, and wiped before another line."""
    console = Console.test(env={"NO_COLOR": "1"})
    console.stderr = Terminal()
    log = ConsoleLog(console)
    log.clear()
    for event in (STARTED, e.TurnProgress(1, 1, 5, ()), e.Notice("between"), ENDED):
        log.show(event)
    text = console.stderr.getvalue()
    assert text.startswith("\x1b[2J\x1b[H\r\x1b[K#1 query")
    assert "1 event, 5 characters …" in text
    assert "\r\x1b[Kbetween\n" in text


LONG_NAME = "/home/ann/projects/a-bot/" + "of-a-long-name/" * 4 + "main.py"


def test_a_line_that_is_too_long_goes_on_between_words() -> None:
    """Behind its bar; a path is on one piece of its own, so that it can be copied."""
    console = Console.test()
    console.stderr = terminal = FakeTerminal(columns=80, lines=20)
    log = ConsoleLog(console)
    log.show(e.LogLine(f"Reading the numbers of {LONG_NAME} took longer " * 2, "stdout", None))
    log.show(e.Notice(f"{'word ' * 20}end", warning=True))
    assert terminal.rows() == [
        "  │ Reading the numbers of",
        *(f"  │     {LONG_NAME}"[:80], f"  │     {LONG_NAME}"[80:]),
        "  │     took longer Reading the numbers of",
        *(f"  │     {LONG_NAME}"[:80], f"  │     {LONG_NAME}"[80:]),
        "  │     took longer",
        " ".join(["word"] * 16),
        "    word word word word end",
    ]


def test_what_a_process_said_before_it_died_is_shown_once() -> None:
    """When it said it."""
    died = e.WorkerDied(3, "ended by SIGKILL", ("last words",), 500)
    assert shown(e.LogLine("last words", "stderr", None), died).count("last words") == 1


def test_settings_on_request() -> None:
    """The key s: what the bot says itself, not what is left to Poe."""
    console = Console.test()
    log = ConsoleLog(console)
    log.settings((BOT,))
    log.say("said")
    assert isinstance(console.stderr, io.StringIO)
    assert console.stderr.getvalue() == "Echo http://h/\n  introduction_message = 'hi'\nsaid\n"


ORDER = "\x1b]52;c;AAAA\x07\x1b[2J\x9b31m"
BOT_OF_ORDERS = e.ServedBot(f"E{ORDER}", f"/{ORDER}", f"http://h/{ORDER}", {ORDER: ORDER})
WITH_ORDERS: list[e.DevEvent] = [
    e.Ready(f"http://h{ORDER}", (BOT_OF_ORDERS,), 1, ORDER),
    e.Attached(f"http://h{ORDER}", BOT_OF_ORDERS, ORDER),
    _reloaded(2, 3.0, (f"a{ORDER}.py",)),
    _reloaded(2, 3.0, (), BotLoadError(ORDER, why=ORDER, hint=ORDER, detail=ORDER)),
    e.WorkerDied(3, f"x{ORDER}", (ORDER,), None),
    e.TunnelOpened(f"http://h{ORDER}", ORDER, (BOT_OF_ORDERS,), (failed(ORDER, ORDER),)),
    e.TunnelClosed(ORDER, ORDER, (ORDER,), 1.0),
    e.Stalled(612, f"{ORDER}.py", 7, ORDER, 3, ORDER),
    e.ViolationSeen(4, "no-done", "must", ORDER, ORDER),
    e.Notice(ORDER),
    e.Advice(ORDER, ORDER, ORDER),
    e.DependencyRefused(ORDER, ORDER, ORDER, bot=ORDER, upstream=ORDER, declared=1),
    e.DependencyUnused(ORDER, ORDER, ORDER, bot=ORDER, upstream=ORDER, declared=1, made=0),
    e.FileStored(ORDER, name=ORDER, content_type=ORDER, size=1, url=ORDER),
    e.FaultRehearsed(ORDER, fault=ORDER, message_id=ORDER),
    e.SettingsStored(ORDER, bot=ORDER, source="update_settings"),
    e.UpstreamStarted(1, "m-1", ORDER, ORDER, 0),
    e.LogLine(ORDER, "stdout", None),
    e.BotRaised(None, ORDER, ORDER, ORDER, ORDER),
    e.TurnStarted(1, f"q{ORDER}", f"/{ORDER}", 1, ORDER, ORDER, {"message_id": "m-1"}),
    e.LogLine(ORDER, "stdout", 1),
    e.UpstreamEnded(1, "m-1", ORDER, ORDER, 1, 1, 1.0, ORDER),
    e.CostRequested("m-1", f"capture{ORDER}", 1, 1, ok=True),
    e.TurnProgress(1, 1, 1, (ev.Text(ORDER), ev.Unknown(ORDER, ORDER))),
    e.TurnsCounted(7),
    e.TurnEnded(1, f"q{ORDER}", 1, 200, 2, 5, 65, 0, 4.0, 5.0, text=ORDER, error=ORDER),
]


def test_no_event_orders_the_terminal() -> None:
    """Every field that a bot, a file's name or a request fills, each with an escape in it."""
    assert {type(event) for event in WITH_ORDERS} == set(get_args(e.DevEvent))
    assert shown(*WITH_ORDERS, verbose=True).replace("\n", "").isprintable()
