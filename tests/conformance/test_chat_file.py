from __future__ import annotations

from pathlib import Path

import pytest

from poecli.conformance.chats.answer import Answer, UpstreamCall, failures, untestable
from poecli.conformance.chats.file import (
    ChatTurn,
    ErrorExpected,
    EventsExpected,
    Expected,
    FilesExpected,
    TextExpected,
    find_chat_files,
    read_chat_file,
)
from poecli.errors import ExitCode, ProjectFileError
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.turns.chat_toml import RecordedTurn, chat_toml, kept_as_test
from poecli.turns.kept import KeptAnswer, KeptTurn

WHOLE = """\
bot = "my-bot"

[[turn]]
user = "Hello"
attachments = ["a.txt", "https://files.example/b.png"]
parameters = { size = 3, loud = true }

[turn.expect]
text.equals = "Hi"
text.contains = "H"
text.not_contains = ["x", "y"]
text.matches = "^H"
files = { count = 1, names = ["a"], content_types = ["text/plain"] }
suggested_replies = ["More"]
events = { kinds = ["text", "done"], at_most = 9, first_within = 5 }
error = { type = "insufficient_fund", text = "points" }
calls = { "GPT-3.5-Turbo" = 1 }

[[turn]]
user = "Bye"
"""


def written(folder: Path, text: str, *beside: str) -> Path:
    for name in beside:
        (folder / name).touch()
    file = folder / "a.chat.toml"
    file.write_text(text, encoding="utf-8")
    return file


def answered(*events: ev.Event, calls: tuple[UpstreamCall, ...] | None = None) -> Answer:
    reply = Reply()
    for event in events:
        reply.feed(event)
    return Answer(events, 0.5 if events else None, calls, reply)


HI = answered(ev.Text("Hi "), ev.Text("there"), ev.Done())
FILE = answered(ev.File(url="https://x.example/a", content_type="text/plain", name="a"), ev.Done())
FAILED = answered(ev.Error("No points", error_type="insufficient_fund"), ev.Done())
CALLED = answered(ev.Text("Hi"), ev.Done(), calls=(UpstreamCall("A"), UpstreamCall("A")))
LIVE = UpstreamCall("A", "live", "Internal server error")


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """Every key of the format, and a turn that expects nothing."""
    chat = read_chat_file(written(tmp_path, WHOLE, "a.txt"))

    assert chat.bot == "my-bot"
    assert chat.turns == (
        ChatTurn(
            user="Hello",
            attachments=("a.txt", "https://files.example/b.png"),
            parameters={"size": 3, "loud": True},
            expected=Expected(
                text=TextExpected("Hi", ("H",), ("x", "y"), "^H"),
                files=FilesExpected(1, ("a",), ("text/plain",)),
                suggested_replies=("More",),
                events=EventsExpected(("text", "done"), 9, 5),
                error=ErrorExpected("insufficient_fund", "points"),
                calls={"GPT-3.5-Turbo": 1},
            ),
            line=3,
        ),
        ChatTurn(user="Bye", line=19),
    )


TURN = '[[turn]]\nuser = "a"\n'


@pytest.mark.parametrize(
    ("text", "line", "says", "hint"),
    [
        pytest.param("", 1, "there is no [[turn]]", "[[turn]]", id="empty"),
        pytest.param("bots = 'a'\n" + TURN, 1, "unknown key 'bots'", "'bot'", id="top"),
        pytest.param("[turn]\nuser = 'a'", 1, "one or more [[turn]]", "", id="one bracket"),
        pytest.param("[[turn]]\nusr = 'a'", 2, "unknown key 'usr'", "'user'", id="turn"),
        pytest.param(TURN + "[[turn]]\n", 3, "turn 2 has no user", "user =", id="no user"),
        pytest.param(
            TURN + TURN + "[turn.expect]\ntxt = ''", 6, "unknown key 'txt'", "'text'", id="second"
        ),
        pytest.param(
            TURN + "[turn.expect]\ntext.equal = ''", 4, "key 'equal'", "'equals'", id="dotted"
        ),
        pytest.param(
            TURN + "[turn.expect]\nfiles.count = true",
            4,
            "count must be a whole number",
            "",
            id="bool",
        ),
        pytest.param(
            TURN + "[turn.expect]\ntext.matches = '('", 4, "a regular expression", "", id="pattern"
        ),
        pytest.param(
            TURN + "[turn.expect]\ncalls = { A = 'x' }", 4, "a table of counts", "", id="calls"
        ),
        pytest.param(
            TURN + "[turn.expect]\nerror = true",
            4,
            "error must be a table",
            "Write error.type",
            id="error no table",
        ),
        pytest.param(
            TURN + "[turn.expect]\ntext = 'hi'", 4, "text must be", "text.equals = ", id="text"
        ),
        pytest.param(TURN + "parameters = ", 3, "not valid TOML", "", id="syntax"),
        pytest.param(
            TURN + "attachments = ['n.txt']", 3, "'n.txt' is not a file", "Paths go from", id="typo"
        ),
        pytest.param(TURN + "attachments = ['.']", 3, "'.' is not a file", "", id="folder"),
        pytest.param("turn = [{ user = 1 }]", 1, "user must be text", "", id="inline turns"),
    ],
)
def test_a_broken_file_gives_line_and_key(
    tmp_path: Path, text: str, line: int, says: str, hint: str
) -> None:
    """The error names file, line, what is wrong, and a likely cure."""
    file = written(tmp_path, text)

    with pytest.raises(ProjectFileError) as caught:
        read_chat_file(file)

    assert f"{file}:{line}" in caught.value.message
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file that is not there is an error of its own."""
    with pytest.raises(ProjectFileError, match="can't be read"):
        read_chat_file(tmp_path / "none.chat.toml")


def test_the_files_below_tests_are_found(tmp_path: Path) -> None:
    """Also in folders of it; nothing else is taken."""
    for name in ("tests/b/x.chat.toml", "tests/a.chat.toml", "tests/c.toml", "d.chat.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    found = [file.relative_to(tmp_path).as_posix() for file in find_chat_files(tmp_path)]

    assert found == ["tests/a.chat.toml", "tests/b/x.chat.toml"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(HI, Expected(), id="nothing"),
        pytest.param(HI, Expected(text=TextExpected("Hi there")), id="equals"),
        pytest.param(HI, Expected(text=TextExpected(None, ("Hi",), ("x",), "re$")), id="text"),
        pytest.param(HI, Expected(suggested_replies=()), id="no replies"),
        pytest.param(HI, Expected(events=EventsExpected(("text", "done"), 3, 1)), id="events"),
        pytest.param(FILE, Expected(files=FilesExpected(1, ("a",), ("text/plain",))), id="files"),
        pytest.param(FAILED, Expected(error=ErrorExpected()), id="any error"),
        pytest.param(
            FAILED, Expected(error=ErrorExpected("insufficient_fund", "point")), id="error"
        ),
        pytest.param(CALLED, Expected(calls={"A": 2, "B": 0}), id="calls"),
    ],
)
def test_an_answer_as_expected_lacks_nothing(answer: Answer, expected: Expected) -> None:
    """What is not asked for is not looked at."""
    assert failures(expected, answer) == []


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        pytest.param(FAILED, Expected(), "with an error: No points", id="unasked error"),
        pytest.param(HI, Expected(error=ErrorExpected()), "but did not", id="no error"),
        pytest.param(
            FAILED,
            Expected(error=ErrorExpected("x")),
            "error_type is 'insufficient_fund'",
            id="error type",
        ),
        pytest.param(
            FAILED,
            Expected(error=ErrorExpected(None, "x")),
            "does not contain 'x': No points",
            id="error text",
        ),
        pytest.param(
            HI, Expected(text=TextExpected("Hi")), "the text is 'Hi there', not 'Hi'", id="equals"
        ),
        pytest.param(
            HI,
            Expected(text=TextExpected("Hi\nyou")),
            "the text differs:\n--- expected",
            id="equals, several lines",
        ),
        pytest.param(
            HI, Expected(text=TextExpected(None, ("x",))), "does not contain 'x'", id="in"
        ),
        pytest.param(
            HI,
            Expected(text=TextExpected(None, (), ("Hi",))),
            "the text contains 'Hi'",
            id="not in",
        ),
        pytest.param(
            HI, Expected(text=TextExpected(matches="^x")), "does not match '^x'", id="matches"
        ),
        pytest.param(HI, Expected(files=FilesExpected(1)), "0 files, not 1", id="count"),
        pytest.param(
            FILE, Expected(files=FilesExpected(names=("b",))), "['a'], not ['b']", id="names"
        ),
        pytest.param(
            FILE, Expected(files=FilesExpected(content_types=())), "types of the files", id="types"
        ),
        pytest.param(
            HI, Expected(suggested_replies=("More",)), "replies: [], not ['More']", id="replies"
        ),
        pytest.param(
            HI, Expected(events=EventsExpected(("meta",))), "['text', 'done'], not", id="kinds"
        ),
        pytest.param(
            HI, Expected(events=EventsExpected(at_most=2)), "3 events, more than 2", id="at most"
        ),
        pytest.param(
            HI, Expected(events=EventsExpected(first_within=0.4)), "after 0.50 s", id="late"
        ),
        pytest.param(
            answered(), Expected(events=EventsExpected(first_within=1)), "no event", id="none"
        ),
        pytest.param(
            CALLED, Expected(calls={"A": 1}), "A was called 2 times, not 1", id="too often"
        ),
        pytest.param(
            CALLED, Expected(calls={"A": 2, "B": 1}), "B was called 0 times, not 1", id="uncalled"
        ),
        pytest.param(CALLED, Expected(calls={}), "A was called 2 times, not 0", id="not named"),
    ],
)
def test_what_an_answer_lacks_is_one_sentence(
    answer: Answer, expected: Expected, says: str
) -> None:
    """One thing missing is one failure, which shows what came instead."""
    (failure,) = failures(expected, answer)
    assert says in failure


@pytest.mark.parametrize(
    ("answer", "expected", "reason"),
    [
        pytest.param(HI, Expected(), "", id="nothing called"),
        pytest.param(CALLED, Expected(calls={"A": 2}), "", id="seen"),
        pytest.param(HI, Expected(calls={"A": 2}), "the local Poe", id="not seen"),
        pytest.param(answered(calls=(LIVE,)), Expected(), "A failed on Poe: Internal", id="live"),
        pytest.param(
            answered(calls=(UpstreamCall("A", "mock", "rehearsed"),)), Expected(), "", id="mock"
        ),
    ],
)
def test_what_says_nothing_about_the_bot_is_told_apart(
    answer: Answer, expected: Expected, reason: str
) -> None:
    """A failure on Poe is nobody's fault; one that the local Poe was told to make is tested."""
    assert reason in untestable(expected, answer)
    assert bool(reason) == bool(untestable(expected, answer))


RECORDED = (
    RecordedTurn("Hello", "Hi"),
    RecordedTurn(
        'Say "a\\b"\x7f\tand\nmore',
        'Line one\n\n"""quoted""" \\ \x07\r\n  end \\\n',
        attachments=("note (1).txt",),
        parameters={"size": 3, "part": 0.5, "loud": True, "deep": {"a b": ["x", 1]}, "no": None},
        files=("a.png",),
        suggested_replies=("More", "Less"),
    ),
    RecordedTurn("Fail", error="It broke: ü 🙂"),
    RecordedTurn("Half \ud83d", "", files=("a",)),
)


def test_a_recorded_chat_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Quotes, control codes, several lines and tables come back as they were held."""
    chat = read_chat_file(written(tmp_path, chat_toml(RECORDED, bot="b"), "note (1).txt"))

    assert chat.bot == "b"
    first, second, third, fourth = chat.turns
    assert (first.user, first.expected) == ("Hello", Expected(text=TextExpected("Hi")))
    assert second.user == RECORDED[1].user
    assert second.attachments == ("note (1).txt",)
    assert second.parameters == {
        "size": 3, "part": 0.5, "loud": True, "deep": {"a b": ["x", 1]},
    }  # fmt: skip
    assert second.expected == Expected(
        text=TextExpected(RECORDED[1].text),
        files=FilesExpected(names=("a.png",)),
        suggested_replies=("More", "Less"),
    )
    assert third.expected == Expected(error=ErrorExpected(None, "It broke: ü 🙂"))
    assert fourth.user == "Half \ufffd"


NEAR = {"url": "http://127.0.0.1:8080/_poe/files/a/n.txt", "name": "n.txt", "content_type": "a/b"}
FAR = {"url": "https://example.com/far.png", "name": "far.png", "content_type": "image/png"}
KEPT = KeptTurn(
    number=4,
    id="run-9",
    at_ms=5,
    bot="Bot",
    request={
        "query": [
            {"role": "system", "content": "Be kind"},
            {"role": "user", "content": "Hi", "attachments": [NEAR, FAR], "parameters": {"n": 1}},
            {"role": "bot", "content": "Hello", "attachments": [FAR]},
            {"role": "user", "content": "Bye"},
        ]
    },
    answer=KeptAnswer('event: error\ndata: {"text": "no"}\n\n'),
)


def test_a_kept_turn_is_a_test_of_its_whole_conversation(tmp_path: Path) -> None:
    """What stands on this machine alone is named as if it lay beside the test."""
    chat = read_chat_file(written(tmp_path, kept_as_test(KEPT), "n.txt"))

    first, second = chat.turns
    assert (first.user, first.parameters) == ("Hi", {"n": 1})
    assert first.attachments == ("n.txt", "https://example.com/far.png")
    assert first.expected.text == TextExpected("Hello")
    assert first.expected.files == FilesExpected(names=("far.png",))
    assert (second.user, second.expected) == ("Bye", Expected(error=ErrorExpected(None, "no")))
