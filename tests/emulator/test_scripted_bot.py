"""Answers from a file, and what is said of a file that can't be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poecli.config.toml_tables import TomlFile
from poecli.dev_events import Advice
from poecli.emulator.bots import script_file
from poecli.emulator.bots.script_file import read_script
from poecli.errors import ProjectFileError
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from tests.emulator.asking import ask, ask_raw, errors_of, query, text_of
from tests.emulator.serving import local_poe

SCRIPT = r"""
[[answer]]
bot = "Other-Bot"
say = "I am the other."

[[answer]]
when = "hello"
times = 1
say = "Hi, once."

[[answer]]
when = "hello"
say = "Hi again."

[[answer]]
matches = 'order (\d+)'
events = [
  { wait = 0.01 },
  { text = "Order {1}{2} " },
  { replace = "Order {1} is on its way." },
  { data = "state" },
  { json = { any = 1 } },
  { file = "label.txt" },
  { reply = "Where is {1}?" },
]

[[answer]]
when = "weather"
events = [
  { tool = "weather", arguments = { city = "San Francisco" } },
  { tool = "time" },
]

[[answer]]
when = "(fail)"
events = [{ error = "Out of paper", retry = false, type = "user_caused_error" }]

[[answer]]
when = "cut"
events = [{ text = "half" }, { cut = true }]
"""
BOTS = {"Some-Bot": "script:s.toml", "Other-Bot": "script:s.toml"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.toml").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "label.txt").write_text("label")
    return tmp_path


async def test_the_first_answer_that_fits_is_given(folder: Path) -> None:
    """By bot, by words in the last message whatever their case, and no more often than it says."""
    async with local_poe(folder, bots=BOTS) as poe:
        texts = [text_of(await ask(poe, "Oh HELLO you")) for _ in range(3)]
        other = text_of(await ask(poe, "hello", bot="Other-Bot"))

    assert texts == ["Hi, once.", "Hi again.", "Hi again."]
    assert other == "I am the other."


async def test_every_kind_of_event_can_be_scripted(folder: Path) -> None:
    """Groups of the pattern fill the texts; a reply brings the `meta` it needs."""
    async with local_poe(folder, bots=BOTS) as poe:
        meta, *events, file, reply, done = await ask(poe, "my order 66?")

    assert meta == ev.Meta(suggested_replies=True)
    assert events == [
        ev.Text("Order 66 "),
        ev.ReplaceResponse("Order 66 is on its way."),
        ev.Data("state"),
        ev.Json({"any": 1}),
    ]
    assert isinstance(file, ev.File)
    assert (file.name, file.content_type) == ("label.txt", "text/plain")
    assert (reply, done) == (ev.SuggestedReply("Where is 66?"), ev.Done())


async def test_calls_of_tools_can_be_scripted(folder: Path) -> None:
    """In the pieces in which a model sends them, several in one answer."""
    reply = Reply()
    async with local_poe(folder, bots=BOTS) as poe:
        events = await ask(poe, "the weather")
    chunks = [event.payload for event in events if isinstance(event, ev.Json)]
    finishes = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    for event in events:
        assert reply.feed(event) == []

    called = [call["function"] for call in reply.tool_calls]
    assert [finish for finish in finishes if finish] == ["tool_calls"]
    assert called == [
        {"name": "weather", "arguments": '{"city": "San Francisco"}'},
        {"name": "time", "arguments": "{}"},
    ]


async def test_errors_and_cuts_can_be_scripted(folder: Path) -> None:
    """A condition is plain text, also where it looks like a pattern."""
    async with local_poe(folder, bots=BOTS) as poe:
        error = await ask(poe, "(fail)")
        cut = await ask_raw(poe, query("cut"))

    assert error == [
        ev.Error("Out of paper", allow_retry=False, error_type="user_caused_error"),
        ev.Done(),
    ]
    assert cut.endswith(b"\n\n: cut")


async def test_a_message_that_fits_nothing_is_told(folder: Path) -> None:
    """The author learns how to answer whatever is left."""
    async with local_poe(folder, bots=BOTS) as poe:
        events = await ask(poe, "unheard of")
        (complaint,) = poe.told(Advice)

    assert len(errors_of(events)) == 1
    assert "unheard of" in complaint.message
    assert "[[answer]]" in complaint.hint


async def test_a_changed_script_is_read_again(folder: Path) -> None:
    """No restart is needed."""
    async with local_poe(folder, bots=BOTS) as poe:
        await ask(poe)
        (folder / "s.toml").write_text('[[answer]]\nsay = "changed"')

        assert text_of(await ask(poe)) == "changed"


BAD = [
    ("no TOML", "[[", 1, "not valid TOML"),
    ("no answers", "", 1, "there is no [[answer]]"),
    ("another table", "[[answer]]\nsay='a'\n[x]", 3, "unknown key 'x'"),
    ("unknown key", "[[answer]]\nsay='a'\n[[answer]]\nsai='a'", 4, "unknown key 'sai'"),
    ("wrong kind", "[[answer]]\nsay=1", 2, "say must be text in quotes"),
    ("nothing said", "[[answer]]\nwhen='a'", 1, 'either "say" or "events"'),
    ("said twice", "[[answer]]\nsay='a'\nevents=[]", 2, 'either "say" or "events"'),
    ("bad pattern", "[[answer]]\nsay='a'\nmatches='('", 3, "a regular expression"),
    ("event is no table", "[[answer]]\nevents=['a']", 2, "events must be a list of tables"),
    ("two things", "[[answer]]\nevents=[\n{text='a',wait=1}]", 3, "must have exactly one of"),
    ("bad error type", "[[answer]]\nevents=[{error='a',type='b'}]", 2, "type must be one of"),
]


@pytest.mark.parametrize(
    ("text", "line", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_script_that_cant_be_used_says_where(text: str, line: int, words: str) -> None:
    """The error names the file and the line."""
    with pytest.raises(ProjectFileError) as caught:
        read_script(TomlFile(Path("s.toml"), text))

    assert f"s.toml:{line}" in caught.value.message
    assert words in caught.value.message


def test_the_answer_and_the_event_are_named() -> None:
    """Both are counted from 1."""
    text = "[[answer]]\nsay='a'\n[[answer]]\nevents=[{text='a'}, {txt='b'}]"
    with pytest.raises(ProjectFileError) as caught:
        read_script(TomlFile(Path("s.toml"), text))

    assert caught.value.why == "It is in answer 2, event 2."


@pytest.mark.parametrize(
    ("name", "script", "missing"),
    [
        ("another.toml", "", "s.toml"),
        ("s.toml", "[[answer]]\nevents = [{ file = 'gone.png' }]", "gone.png"),
    ],
    ids=["no script", "no file"],
)
async def test_a_missing_file_is_an_error_event(
    name: str, script: str, missing: str, tmp_path: Path
) -> None:
    """The bot sees an error, the author reads which file."""
    (tmp_path / name).write_text(script)
    async with local_poe(tmp_path, bots=BOTS) as poe:
        events = await ask(poe)
        (complaint,) = poe.told(Advice)

    assert len(errors_of(events)) == 1
    assert missing in complaint.message


def test_the_example_in_the_documentation_is_a_script() -> None:
    """What the module shows can be copied as it stands."""
    example = (script_file.__doc__ or "").split("\n\n", 1)[1].rsplit("The first answer", 1)[0]

    assert len(read_script(TomlFile(Path("example"), example))) == 5


TOOLS = r"""
[[answer]]
after_tool = "weather"
matches = 'in (\w+)'
say = "In {1} it is {result}."

[[answer]]
after_tools = true
say = "Some other tool said {result}."

[[answer]]
matches = 'weather in (\w+)'
after_tools = false
events = [{ tool = "weather", arguments = { places = [{ city = "{1}" }], days = 1 } }]
"""
WEATHER = {"role": "tool", "tool_call_id": "1", "name": "weather", "content": '"22 degrees"'}
TIME = {"role": "tool", "tool_call_id": "2", "name": "time", "content": "12"}
ASKED = {"role": "user", "content": "the weather in Paris?"}


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ({"tool_results": [TIME, WEATHER]}, "In Paris it is 22 degrees."),
        ({"tool_results": [TIME]}, "Some other tool said 12."),
        (
            {"query": [ASKED, {"role": "tool", "content": json.dumps([WEATHER])}]},
            "In Paris it is 22 degrees.",
        ),
        ({}, ""),
    ],
    ids=["beside the query", "another tool", "in the last message", "none yet"],
)
async def test_an_answer_can_wait_for_a_tool(
    beside: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """Whoever runs the tool, the SDK or the bot; the words asked for are those of the user."""
    (tmp_path / "s.toml").write_text(TOOLS)
    reply = Reply()
    async with local_poe(tmp_path, bots=BOTS) as poe:
        for event in await ask(poe, **{"query": [ASKED], **beside}):
            reply.feed(event)

    assert reply.text == says
    arguments = [call["function"]["arguments"] for call in reply.tool_calls]
    assert arguments == ([] if says else ['{"places": [{"city": "Paris"}], "days": 1}'])


async def test_answers_can_be_counted_for_each_message(tmp_path: Path) -> None:
    """A second message, and one asked again under its id, begin and go on as they should."""
    (tmp_path / "s.toml").write_text(
        "[[answer]]\ntimes_per_message = 1\nsay = 'first'\n[[answer]]\nsay = 'later'"
    )
    ids = ("m-1", "m-1", "m-2", "m-1", "m-2")
    async with local_poe(tmp_path, bots=BOTS) as poe:
        texts = [text_of(await ask(poe, message_id=each)) for each in ids]
        without = [text_of(await ask(poe, text, message_id="")) for text in ("a", "a", "b")]

    assert texts == ["first", "later", "first", "later", "later"]
    assert without == ["first", "later", "first"]
