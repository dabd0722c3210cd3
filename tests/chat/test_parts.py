"""The small parts of a chat: code blocks, names, commands, words from stdin, images, events."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from poecli.addresses import is_loopback_url
from poecli.chat.address_book import AddressBook, kind_of
from poecli.chat.local_output import LocalOutput
from poecli.chat.output.formats import code_blocks, event_as_json
from poecli.chat.output.saved_files import safe_name, size_shown
from poecli.chat.repl import slash_commands
from poecli.chat.repl.completion import ChatCompleter
from poecli.chat.repl.images import sequence
from poecli.chat.repl.settings_view import settings_lines
from poecli.chats.timeline import describe
from poecli.chats.turns import ChatAnswer
from poecli.dev_events import Stalled
from poecli.errors import KeyMissing, PoeCliError, UsageError
from poecli.protocol import events as ev
from poecli.protocol.settings import SettingsResponse, effective
from poecli.terminal.console import Console


def test_what_a_blocking_line_did_is_said() -> None:
    """It can't be seen from a line that only asks another bot. What nobody notices is no news:
    the first call of a new process loads a library, and the author can't help it."""
    output, console = LocalOutput(), Console.test()
    output.hear(Stalled(499, "main.py", 6, "get_response", 1))
    output.hear(Stalled(500, "main.py", 7, "get_response", 1, "It loads the TLS certificates."))
    output.show(console)
    assert isinstance(console.stderr, io.StringIO)
    assert console.stderr.getvalue() == (
        "blocked for 500 ms by main.py:7 (get_response)\n  It loads the TLS certificates.\n"
    )


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code", []),
        ("```\na\n```", [("", "a\n")]),
        ("```py\na\n```\n~~~sh\nb\n~~~\n", [("py", "a\n"), ("sh", "b\n")]),
        ("````\n```\n````", [("", "```\n")]),
        ("```\n~~~\n```", [("", "~~~\n")]),
        ("```py\nnever closed", [("py", "never closed")]),
        ("- a\n\n  ```py\n  x = 1\n    y\n  ```\n", [("py", "x = 1\n  y\n")]),
        ("10. a\n\n    ```sh\n    ls\n    ```\n", [("sh", "ls\n")]),
        ("> ```\n> quoted\n> ```\n", [("", "quoted\n")]),
        ("1. ```\n   at once\n   ```\n", [("", "at once\n")]),
        ("    ```\n", []),
        ("``` a`b\n", []),
        ("```\na\n    ```\n```", [("", "a\n    ```\n")]),
    ],
)
def test_code_blocks_are_found_as_commonmark_has_them(
    text: str, blocks: list[tuple[str, str]]
) -> None:
    """Fences close with the same sign, at least as many, at most three spaces in."""
    assert code_blocks(text) == blocks


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.dll", "x.dll"),
        ("a\x1b[31m\nb", "a__31m_b"),
        ("..", "_"),
        ("", "_"),
        ("CON.txt", "_CON.txt"),
        ("x" * 300 + ".png", "x" * 146 + ".png"),
    ],
)
def test_a_name_can_do_no_harm(name: str, safe: str) -> None:
    """No folders, no control codes, no devices, no endless names."""
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (12_345_678, "12 MB")]
)
def test_sizes_read_well(size: int, shown: str) -> None:
    """Decimal units, two digits at least."""
    assert size_shown(size) == shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("GPT-4o", "handle"),
        ("Claude-3.5-Sonnet", "handle"),
        ("http://127.0.0.1:1", "url"),
        ("main.py", "local"),
        ("main:bot", "local"),
        ("pkg.main:make()", "local"),
        ("./x", "local"),
        (".", "local"),
        ("here", "local"),
    ],
)
def test_what_a_word_names(text: str, kind: str, tmp_path: Path) -> None:
    """A URL, something on this machine, or a handle."""
    (tmp_path / "here").mkdir()
    assert kind_of(text, tmp_path) == kind


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("localhost:8080", UsageError, "poe chat http://localhost:8080"),
        ("127.0.0.1:80", UsageError, "poe chat http://127.0.0.1:80"),
        ("my-bott", KeyMissing, "Did you mean 'my-bot'? Get a key"),
        ("GPT-4o", KeyMissing, "Get a key"),
    ],
)
async def test_a_slip_of_the_hand_is_not_taken_for_a_bot_on_poe(
    text: str, error: type[PoeCliError], words: str, tmp_path: Path
) -> None:
    """An address without its scheme, and nearly the name of a folder that is here."""
    (tmp_path / "my-bot").mkdir()
    book = AddressBook(tmp_path, "https://poe.example", None, lambda _url: None)
    with pytest.raises(error) as told:
        await book.find(text)
    assert told.value.hint.startswith(words)


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://[::1]/", True),
        ("http://localhost", True),
        ("https://api.poe.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_this_machine_is_told_from_others(url: str, near: bool) -> None:
    """Only loopback addresses get the bot's access key unasked."""
    assert is_loopback_url(url) is near


def test_the_table_of_commands_is_complete() -> None:
    """At most twenty commands; each is explained, and found by its name."""
    assert len(slash_commands.COMMANDS) <= 20
    text = slash_commands.help_text()
    assert all(f"/{name}" in text for name in slash_commands.COMMANDS)
    assert slash_commands.help_text("retry").startswith("/retry")


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("/help", ("help", "")),
        ("/BOT  Some-Bot ", ("bot", "Some-Bot")),
        ("/quit", ("exit", "")),
        ("//no command", None),
        ("a message", None),
    ],
)
def test_a_line_is_a_command_or_a_message(line: str, parsed: tuple[str, str] | None) -> None:
    """One slash begins a command, two a message with a slash."""
    typed = slash_commands.parse(line)
    assert (typed and (typed.command.name, typed.argument)) == parsed


def test_an_unknown_command_gets_a_near_word() -> None:
    """A typing error is answered with what was meant."""
    with pytest.raises(UsageError) as caught:
        slash_commands.parse("/retri")
    assert "retry" in caught.value.why


def test_images_are_sent_in_the_terminals_own_way() -> None:
    """kitty gets PNG in chunks, iTerm2 anything at once; neither gets what it can't show."""
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 5000
    kitty = sequence("kitty", png)
    assert kitty.startswith("\x1b_Ga=T,f=100,m=1;")
    assert kitty.count("\x1b\\") == 2
    assert sequence("kitty", b"\xff\xd8\xff") == ""
    assert sequence("iterm", b"\xff\xd8\xff").startswith("\x1b]1337;File=inline=1;size=3;")
    assert sequence("", png) == ""


def test_neighbours_of_one_kind_are_one_row() -> None:
    """/events is read, not scrolled: "text x 1,000", and what breaks a rule by itself."""
    answer = ChatAnswer("m")
    for number in range(1000):
        answer.take(ev.Text("x"), float(number))
    answer.take(ev.Malformed("text", "{", "cut"), 1000.0)
    answer.take(ev.Text("y"), 1001.0)

    lines = describe(answer.timeline, answer.replies).splitlines()
    assert [line.partition("  text")[2] for line in lines[1:4]] == [
        " x 1,000",
        "  ! malformed-event",
        "",
    ]


def test_a_long_answer_is_shown_from_both_ends() -> None:
    """/events keeps its size: the middle of 100,000 events is a number."""
    answer = ChatAnswer("m")
    for number in range(500):
        answer.take(ev.Text("x"), float(number))
        answer.take(ev.ReplaceResponse("x" * (2 * number + 2)), float(number))
    answer.take(ev.Meta(), 1000.0)
    answer.timeline.end(answer.replies[-1].end())

    shown = describe(answer.timeline, answer.replies)
    assert "921 rows more" in shown
    assert "! meta-not-first" in shown
    assert "! no-done (must)" in shown
    assert "1,000 of 100,000 characters" in shown
    assert len(shown.splitlines()) < 100


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (ev.Text("a"), {"type": "text", "text": "a"}),
        (ev.Text("a", 2), {"type": "text", "text": "a", "index": 2}),
        (ev.Done(), {"type": "done"}),
        (ev.Json({"type": "x"}), {"type": "json", "payload": {"type": "x"}}),
        (ev.Unknown("odd", "data"), {"type": "odd", "event": "odd", "data": "data"}),
    ],
)
def test_an_event_is_a_json_line(event: ev.Event, fields: dict[str, object]) -> None:
    """Type, time and the fields that are there; a payload can't hide the type."""
    assert event_as_json(event, 1.23) == {**fields, "at_ms": 1.2}


def test_prices_in_settings_are_shown_as_points() -> None:
    """As users read them."""
    settings = effective(SettingsResponse(cost_label="[usd_milli_cents=30] points"))
    assert "cost_label: ~10 points" in settings_lines(settings)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param("", ["and then?"], id="nothing typed"),
        pytest.param("/fo", ["fork"], id="a command begun"),
        pytest.param("/FEED", ["feedback"], id="in capitals"),
        pytest.param("/bot my", ["my-bot"], id="a bot as argument"),
        pytest.param("@MY", ["my-bot"], id="a bot addressed"),
        pytest.param("@my-bot hel", [], id="words for it"),
        pytest.param("/fork m", [], id="an argument that is no name"),
        pytest.param("/attach not", ["es.txt"], id="a file"),
        pytest.param("/save 1 not", ["es.txt"], id="the last of several words"),
        pytest.param("hello", [], id="a message"),
    ],
)
def test_a_tab_in_a_conversation_offers_what_fits(
    line: str, offered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").touch()
    completer = ChatCompleter(lambda: ["my-bot", "GPT-4o"], lambda: ["and then?"])
    found = completer.get_completions(Document(line), CompleteEvent(completion_requested=True))
    assert [each.text for each in found] == offered
