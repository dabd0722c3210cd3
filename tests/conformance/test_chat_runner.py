from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from poecli.client.address import BotAddress
from poecli.conformance.chats.answer import UpstreamCall
from poecli.conformance.chats.file import read_chat_file
from poecli.conformance.chats.runner import BotConversation, ChatResult, LocalPoe, run_chat
from poecli.conformance.results import Outcome
from poecli.protocol import events as ev
from tests.emulator.serving import AuthorsBot, local_poe
from tests.scripted import Answer, scripted_server
from tests.servers import serving

SETTINGS = {"response_version": 2, "allow_attachments": True}
HELLO = (ev.Text("Hello"), ev.Done())
ONE_TURN = '[[turn]]\nuser = "Hi"\n[turn.expect]\n'


async def held(
    folder: Path, text: str, bot: AuthorsBot, local_poe: LocalPoe | None = None
) -> ChatResult:
    (folder / "a.chat.toml").write_text(text)
    async with serving(bot.app()) as url:
        return await run_chat(
            read_chat_file(folder / "a.chat.toml"), BotAddress("B", url), local_poe
        )


async def no_calls(_message_id: str) -> Sequence[UpstreamCall]:
    return ()


async def test_each_turn_is_asked_with_what_went_before(tmp_path: Path) -> None:
    """The bot gets the history and the parameters, as from Poe."""
    bot = AuthorsBot(HELLO, SETTINGS)
    text = ONE_TURN + 'text.equals = "Hello"\n[[turn]]\nuser = "More"\nparameters = { a = 1 }'

    result = await held(tmp_path, text, bot)

    assert (result.outcome, result.turns) == (Outcome.PASSED, 2)
    asked = [[message.content for message in query.query] for query in bot.queries]
    assert asked == [["Hi"], ["Hi", "Hello", "More"]]
    assert bot.queries[1].query[-1].parameters == {"a": 1}
    assert bot.queries[0].conversation_id == bot.queries[1].conversation_id


async def test_a_failure_is_told_with_its_turn_and_line(tmp_path: Path) -> None:
    """The turns after it are still asked."""
    bot = AuthorsBot(HELLO, SETTINGS)
    text = ONE_TURN + 'text.equals = "x"\nfiles.count = 1\n' + ONE_TURN + 'text.contains = "y"'

    result = await held(tmp_path, text, bot)

    assert result.outcome is Outcome.FAULT
    assert result.lines() == [
        "a.chat.toml:1: turn 1: the text is 'Hello', not 'x'",
        "a.chat.toml:1: turn 1: 0 files, not 1",
        "a.chat.toml:6: turn 2: the text does not contain 'y': 'Hello'",
    ]


async def test_a_chat_stands_in_the_report_like_a_rule(tmp_path: Path) -> None:
    """With its file as the id, and the place of each failure."""
    bot = AuthorsBot(HELLO, SETTINGS)
    result = (await held(tmp_path, ONE_TURN + 'text.equals = "x"', bot)).rule_result()

    path = (tmp_path / "a.chat.toml").as_posix()
    assert (result.rule.id, result.outcome, result.seen) == (path, Outcome.FAULT, 1)
    assert [(finding.place, finding.detail) for finding in result.findings] == [
        (f"{path}:1", "turn 1: the text is 'Hello', not 'x'")
    ]


async def test_attachments_reach_the_bot_through_the_local_poe(tmp_path: Path) -> None:
    """A file beside the test arrives with a URL, its type and its content; a URL as it is."""
    (tmp_path / "note.txt").write_text("some words")
    bot = AuthorsBot(HELLO, SETTINGS)
    text = '[[turn]]\nuser = ""\nattachments = ["note.txt", "https://files.example/a.png"]'

    async with local_poe(tmp_path) as poe:
        result = await held(tmp_path, text, bot, LocalPoe(poe.url, no_calls))

    assert result.outcome is Outcome.PASSED
    note, picture = bot.queries[0].query[0].attachments
    assert note.url.startswith(poe.url)
    assert (note.name, note.content_type) == ("note.txt", "text/plain")
    assert note.parsed_content == "some words"
    assert picture.url == "https://files.example/a.png"
    assert (picture.name, picture.content_type) == ("a.png", "image/png")


async def test_calls_to_other_bots_are_those_of_the_turn(tmp_path: Path) -> None:
    """They are asked for by the id of the answer."""
    asked: list[str] = []

    async def calls(message_id: str) -> Sequence[UpstreamCall]:
        asked.append(message_id)
        return [UpstreamCall("Other")]

    bot = AuthorsBot(HELLO, SETTINGS)
    result = await held(tmp_path, ONE_TURN + "calls.Other = 2", bot, LocalPoe("", calls))

    assert result.lines() == ["a.chat.toml:1: turn 1: Other was called 1 times, not 2"]
    assert asked == [query.message_id for query in bot.queries]


async def test_after_a_doubt_the_rest_is_asked_and_not_judged(tmp_path: Path) -> None:
    """Its calls count; what it says may come from what the stand-in said before."""

    async def calls(message_id: str) -> Sequence[UpstreamCall]:
        first = message_id == bot.queries[0].message_id
        return [UpstreamCall("Other", trouble="a mock answered" if first else "")]

    bot = AuthorsBot(HELLO, SETTINGS)
    result = await held(tmp_path, f"{ONE_TURN}text.equals = 'x'\n" * 3, bot, LocalPoe("", calls))

    assert (result.failures, result.untested) == ((), "turn 1: a mock answered")
    assert len(bot.queries) == 3


async def test_a_failure_on_poe_is_not_the_bots(tmp_path: Path) -> None:
    """A turn that failed while a live bot failed says nothing; one that passed still counts."""

    async def calls(_message_id: str) -> Sequence[UpstreamCall]:
        return [UpstreamCall("Other", "live", "overloaded")]

    bot = AuthorsBot((ev.Error("no luck"), ev.Done()), SETTINGS)
    failed = await held(tmp_path, ONE_TURN, bot, LocalPoe("", calls))
    caught = await held(tmp_path, ONE_TURN + "error.text = 'luck'", bot, LocalPoe("", calls))

    assert (failed.failures, failed.untested) == ((), "turn 1: Other failed on Poe: overloaded")
    assert caught.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "[[turn]]\nuser='a'\nattachments=['a.chat.toml']", "from a local Poe", id="no Poe"
        ),
        pytest.param(ONE_TURN + "calls = {}", "only visible with the local Poe", id="calls unseen"),
    ],
)
async def test_what_cannot_be_tested_is_no_fault(tmp_path: Path, text: str, reason: str) -> None:
    """The reason is told, and that the turn was not counted."""
    result = await held(tmp_path, text, AuthorsBot(HELLO, SETTINGS))

    assert (result.outcome, result.failures, result.turns) == (Outcome.UNTESTED, (), 0)
    assert reason in result.untested


async def test_a_file_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    """Between the reading of the conversation and its turn."""
    (tmp_path / "note.txt").write_text("words")
    (tmp_path / "a.chat.toml").write_text("[[turn]]\nuser='a'\nattachments=['note.txt']")
    chat = read_chat_file(tmp_path / "a.chat.toml")
    (tmp_path / "note.txt").unlink()

    async with serving(AuthorsBot(HELLO, SETTINGS).app()) as url:
        result = await run_chat(chat, BotAddress("B", url), LocalPoe("", no_calls))

    assert (result.outcome, result.failures, result.turns) == (Outcome.UNTESTED, (), 0)
    assert "can't be read" in result.untested


async def test_a_bot_that_refuses_files_fails_the_turn(tmp_path: Path) -> None:
    """Its settings are what is wrong."""
    bot = AuthorsBot(HELLO, {"response_version": 2, "allow_attachments": False})
    text = "[[turn]]\nuser = 'a'\nattachments = ['https://files.example/a.png']"

    (line,) = (await held(tmp_path, text, bot)).lines()

    assert "does not accept attachments" in line


CUT = Answer((b"event: text\ndata: {}\n\n",))
BROKEN = Answer((b"no",), status=500, content_type="text/plain")
REFUSED = Answer((b"no",), status=401, content_type="text/plain")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(CUT, Outcome.FAULT, id="cut"),
        pytest.param(BROKEN, Outcome.FAULT, id="500"),
        pytest.param(REFUSED, Outcome.UNTESTED, id="key refused"),
    ],
)
async def test_trouble_is_told_by_who_must_act(
    tmp_path: Path, answer: Answer, outcome: Outcome
) -> None:
    """A broken answer is the bot's fault, a refused key is not."""
    (tmp_path / "a.chat.toml").write_text(ONE_TURN)
    async with scripted_server(answer) as server:
        result = await run_chat(
            read_chat_file(tmp_path / "a.chat.toml"), BotAddress("B", server.url)
        )

    assert result.outcome is outcome


async def test_a_bot_that_stays_silent_is_at_fault(tmp_path: Path) -> None:
    """It took the question and gave no event in the time that was allowed."""
    (tmp_path / "a.chat.toml").write_text(ONE_TURN)
    async with scripted_server(Answer(end="hang")) as server:
        file = read_chat_file(tmp_path / "a.chat.toml")
        result = await run_chat(file, BotAddress("B", server.url), seconds=0.2)

    assert len(result.failures) == 1


async def test_nobody_at_the_address_is_no_fault(tmp_path: Path) -> None:
    """Nothing can be said about a bot that can't be reached."""
    (tmp_path / "a.chat.toml").write_text(ONE_TURN)
    async with scripted_server() as server:
        url = server.url
    result = await run_chat(read_chat_file(tmp_path / "a.chat.toml"), BotAddress("B", url))

    assert result.outcome is Outcome.UNTESTED


async def test_pings_do_not_count(tmp_path: Path) -> None:
    """They are no part of the answer."""
    bot = AuthorsBot((ev.Ping(), *HELLO), SETTINGS)
    async with serving(bot.app()) as url:
        answer = await BotConversation(BotAddress("B", url), tmp_path).ask("Hi")

    assert answer.kinds == ["text", "done"]
    assert answer.text == "Hello"
