"""A conversation in a real terminal: what is typed, what is seen, what survives."""

from __future__ import annotations

import json
import signal
import stat
import sys
import threading
from pathlib import Path

import pytest

from tests.chat.terminal import HEIGHT, PROMPT, terminal
from tests.poe import poe, user_env
from tests.scripted import DONE, Answer, event, in_a_thread, text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

SETTINGS = Answer(
    [b'{"response_version": 2, "introduction_message": "Welcome, traveller."}'],
    content_type="application/json",
)
SUGGESTING = Answer(
    [
        event("meta", {"suggested_replies": True}),
        text("first answer"),
        event("suggested_reply", {"text": "tell me more"}),
        DONE,
    ]
)
SECOND = Answer([text("second answer"), DONE])
SLEEPING = Answer([], content_type="application/json", end="hang")
HANGING = Answer([text("a part of it")], end="hang")
CTRL_C, CTRL_D, CTRL_J, CTRL_R, ALT_ENTER = "\x03", "\x04", "\n", "\x12", "\x1b\r"
ESC = "\x1b"


def sent(server: object) -> list[str]:
    """The questions that reached the bot, each query's last message."""
    requests = [request.json for request in server.requests]  # type: ignore[attr-defined] # scripted
    return [r["query"][-1]["content"] for r in requests if r["type"] == "query"]


def test_a_conversation_from_introduction_to_goodbye(tmp_path: Path) -> None:
    """Introduction, several rows, a suggested reply by number, a paste, Ctrl-D."""
    with (
        in_a_thread(SETTINGS, SUGGESTING, SECOND) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for("Welcome, traveller.")
        screen.wait_for(PROMPT)
        screen.press(f"row one{ALT_ENTER}row two{CTRL_J}row three")
        screen.wait_for("row three")
        screen.send("", "tell me more")
        screen.send("1", "second answer")
        screen.press("\x1b[200~pasted\none\x1b[201~")
        screen.wait_for("one")
        screen.send("", "second answer", times=2)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0

    assert sent(server) == ["row one\nrow two\nrow three", "tell me more", "pasted\none"]


def test_the_prompt_does_not_wait_for_the_bots_settings(tmp_path: Path) -> None:
    """A person can type, and leave, while a bot that sleeps has not told its settings."""
    with (
        in_a_thread(SLEEPING) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0


def test_what_is_typed_before_the_prompt_is_asked(tmp_path: Path) -> None:
    """Nothing that is typed while the program still loads is lost."""
    with (
        in_a_thread(SETTINGS, SECOND) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.press("typed ahead")
        screen.wait_for(f"{PROMPT} typed ahead")
        screen.send("", "second answer")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
    assert sent(server) == ["typed ahead"]


def test_what_fails_behind_the_first_prompt_ends_the_chat(tmp_path: Path) -> None:
    """The client is made ready while the prompt stands; its error is told, with its exit code."""
    env = user_env(tmp_path, all_proxy="ftp://127.0.0.1:1")
    with terminal("chat", "http://127.0.0.1:1/bot/tester", env=env, cwd=tmp_path) as screen:
        assert screen.wait_until_over() == 2
    assert "all_proxy" in screen.text


def test_ctrl_c_stops_the_answer_and_twice_leaves(tmp_path: Path) -> None:
    """The part stays, marked; the bot is hung up on; a second Ctrl-C within 2 seconds leaves."""
    with (
        in_a_thread(SETTINGS, HANGING) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("go on for ever\r")
        screen.wait_for("a part of it")
        screen.press(CTRL_C)
        screen.wait_for("stopped")
        screen.wait_for(PROMPT, times=2)
        screen.press(CTRL_C + CTRL_C)
        assert screen.wait_until_over() == 0

    shown = poe("chat", "--export", "md", env=user_env(tmp_path)).stdout
    assert "a part of it" in shown
    assert "(stopped)" in shown


def test_told_to_end_during_an_answer_it_does_not_ask_on(tmp_path: Path) -> None:
    """SIGTERM stops the chat, where Ctrl-C stops the answer."""
    with (
        in_a_thread(SETTINGS, HANGING) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("go on for ever\r")
        screen.wait_for("a part of it")
        screen.signal(signal.SIGTERM)
        assert screen.wait_until_over() == 128 + signal.SIGTERM


def test_esc_stops_the_answer_and_typing_ahead_waits(tmp_path: Path) -> None:
    """Keys pressed while an answer comes don't show in it; the next prompt obeys them."""
    with (
        in_a_thread(SETTINGS, HANGING, SECOND) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("go on for ever\r")
        screen.wait_for("a part of it")
        screen.press(f"typed ahead{ESC}")
        seen = screen.wait_for("stopped")
        screen.wait_for(f"{PROMPT} typed ahead")
        screen.send("", "second answer")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
    assert "typed" not in seen.partition("stopped")[0]  # the next prompt may be there already
    assert sent(server) == ["go on for ever", "typed ahead"]


def test_an_answer_goes_on_in_a_narrower_terminal(tmp_path: Path) -> None:
    """Narrowed while a paragraph comes: that paragraph is shown whole again, the rest once."""
    narrowed = threading.Event()
    first, last = "The first paragraph is done.", "The last paragraph comes once."
    begun = "The open one\nis broken at other words " + "as it is shown again, " * 2
    ended = "and this is its end."
    pieces = [text(f"{first}\n\n"), text(begun), text(ended) + text(f"\n\n{last}") + DONE]
    with (
        in_a_thread(SETTINGS, Answer(pieces, hold=narrowed)) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("question\r")
        screen.wait_for("as it is shown", times=2)
        screen.resize(50, HEIGHT)
        narrowed.set()
        screen.wait_for(last)
        screen.wait_for(PROMPT, times=2)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
    shown = " ".join(screen.text.split())
    assert " ".join(f"{begun}{ended} {last}".split()) in shown
    assert [shown.count(words) for words in (first, ended, last)] == [1, 1, 1]
    assert max(map(len, screen.rows)) <= 50


def test_a_line_sent_while_an_answer_comes_is_the_next_question(tmp_path: Path) -> None:
    """Enter counts too: the line is asked as soon as the answer is over."""
    typed = threading.Event()
    going_on = Answer([text("first "), text("words") + DONE], hold=typed)
    with (
        in_a_thread(SETTINGS, going_on, SECOND) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("question\r")
        screen.wait_for("first")
        screen.press("typed ahead\r")
        typed.set()
        screen.wait_for("second answer")
        screen.wait_for(PROMPT, times=3)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
    assert sent(server) == ["question", "typed ahead"]
    assert "first words" in screen.text


def test_the_course_of_a_chat_can_be_changed(tmp_path: Path) -> None:
    """/retry asks anew, /edit gives the question back, /undo forgets, /fork begins a new chat."""
    answers = [Answer([text(f"answer {number}"), DONE]) for number in (1, 2, 3, 4)]
    env = user_env(tmp_path)
    with (
        in_a_thread(SETTINGS, *answers) as server,
        terminal("chat", f"{server.url}/bot/tester", env=env, cwd=tmp_path) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.send("question", "answer 1")
        screen.send("/retry", "answer 2")
        screen.press("/edit\r")
        screen.wait_for(f"{PROMPT} question")
        screen.send(" changed", "answer 3")
        screen.send("/fork", "now in a new chat")
        screen.send("more", "answer 4")
        screen.send("/undo", "removed: more")
        screen.press("/exit\r")
        assert screen.wait_until_over() == 0

    assert sent(server) == ["question", "question", "question changed", "more"]
    chats = json.loads(poe("chat", "--list", "--json", env=env).stdout)["chats"]
    assert [chat["turns"] for chat in chats] == [1, 1]
    assert chats[0]["parent"] == chats[1]["id"]


def test_files_go_along_and_events_are_shown(tmp_path: Path) -> None:
    """A completed command stages a file; /events shows the protocol, /raw the wire."""
    (tmp_path / "note.txt").write_text("some words")
    with (
        in_a_thread(SETTINGS, Answer([text("**bold** words"), DONE])) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("/att\t")
        screen.wait_for("/attach")
        screen.send(" note.txt", "note.txt (10 B)", prompt="tester [note.txt]>")
        screen.press("look\r")
        screen.wait_for("bold words")
        screen.wait_for(PROMPT, times=2)
        screen.resize(60, 20)
        screen.send("/events", "no rule broken")
        screen.send("/raw", "event: done")
        screen.send("/events 1", "**bold** words")
        screen.send("/nothing", "no command /nothing")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0

    shown = screen.text
    assert "2 of 10,000 events" in shown
    attachment = server.requests[1].json["query"][0]["attachments"][0]
    assert (attachment["name"], attachment["parsed_content"]) == ("note.txt", "some words")


def test_a_killed_chat_goes_on(tmp_path: Path) -> None:
    """After kill -9 in the middle of an answer, --continue shows the part and sends it along."""
    env = user_env(tmp_path)
    with in_a_thread(SETTINGS, HANGING, SETTINGS, SECOND) as server:
        url = f"{server.url}/bot/tester"
        with terminal("chat", url, env=env, cwd=tmp_path) as screen:
            screen.wait_for(PROMPT)
            screen.press("question\r")
            screen.wait_for("a part of it")
            screen.kill()
        with terminal("chat", url, "--continue", env=env, cwd=tmp_path) as screen:
            screen.wait_for("a part of it")
            screen.wait_for(PROMPT)
            screen.send("go on", "second answer")
            screen.press(CTRL_D)
            assert screen.wait_until_over() == 0

    said = [message["content"] for message in server.requests[-1].json["query"]]
    assert said == ["question", "a part of it", "go on"]


def test_what_was_typed_is_found_again(tmp_path: Path) -> None:
    """History is kept over chats: arrow up and Ctrl-R bring it back; only the owner can read it."""
    env = user_env(tmp_path)
    for keys in ("a memorable question\r", f"{CTRL_R}memor\r\r"):
        with (
            in_a_thread(SETTINGS, SECOND) as server,
            terminal("chat", f"{server.url}/bot/tester", env=env, cwd=tmp_path) as screen,
        ):
            screen.wait_for(PROMPT)
            screen.press(keys)
            screen.wait_for("second answer")
            screen.wait_for(PROMPT, times=2)
            screen.press(CTRL_D)
            assert screen.wait_until_over() == 0
        assert sent(server) == ["a memorable question"]

    file = tmp_path / "state" / "poe" / "chat_history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_bot_is_asked_within_the_chat(tmp_path: Path) -> None:
    """@URL asks another bot once; it sees what was said, with the first bot's name."""
    with (
        in_a_thread(SETTINGS, SECOND) as first,
        in_a_thread(SETTINGS, Answer([text("from the other"), DONE])) as other,
        terminal("chat", f"{first.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.send("to the first", "second answer")
        screen.send(f"@{other.url}/bot/second and you?", "from the other")
        screen.send(f"/bot {other.url}/bot/second", "now talking to second", prompt="second>")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0

    asked = other.requests[-1].json["query"]
    assert [m["content"] for m in asked] == ["to the first", "second answer", "and you?"]
    assert asked[1]["sender"]["name"] == "tester"


INTRODUCES = """
import fastapi_poe as fp

class Host(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="heard it")

    async def get_settings(self, setting):
        return fp.SettingsResponse(introduction_message="Hello, **dear** guest.")
"""


def test_beside_a_local_bot_any_other_is_the_local_poes(tmp_path: Path) -> None:
    """No key is asked for; the introduction is Markdown, as on Poe."""
    (tmp_path / "main.py").write_text(INTRODUCES)
    with terminal("chat", ".", env=user_env(tmp_path), cwd=tmp_path) as screen:
        screen.wait_for("Hello, dear guest.")
        screen.send("hi", "heard it", prompt="Host>")
        screen.send("/bot GPT-4o", "now talking to GPT-4o", prompt="GPT-4o>")
        screen.send("who are you?", "who are you?", times=2, prompt="GPT-4o>")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0


def test_feedback_goes_at_once_and_its_reason_with_the_next_question(tmp_path: Path) -> None:
    """As on Poe: a report has the kind, the message in later queries the reason, too."""
    with (
        in_a_thread(
            SETTINGS, SECOND, Answer([b"{}"], content_type="application/json"), SECOND
        ) as bot,
        terminal("chat", f"{bot.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.send("one", "second answer")
        screen.send("/feedback dislike too long", "tester received your dislike, and the reason")
        screen.send("two", "second answer", times=2)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0

    report, query = bot.requests[2].json, bot.requests[3].json
    assert (report["type"], report["feedback_type"]) == ("report_feedback", "dislike")
    assert query["query"][1]["feedback"] == [{"type": "dislike", "reason": "too long"}]


def test_notes_of_a_narrow_terminal_break_between_words(tmp_path: Path) -> None:
    """Help, suggested replies, errors: below the beginning of their text; the wire as it came."""
    suggested = event("suggested_reply", {"text": "tell me more about all of these things now"})
    answer = Answer([event("meta", {"suggested_replies": True}), text("x"), suggested, DONE])
    with (
        in_a_thread(SETTINGS, answer) as bot,
        terminal("chat", f"{bot.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.resize(44, 30)
        screen.send("one", "  1  tell me more about all of these things\n     now")
        screen.send(
            "/help fork", "/fork [N]  Continue in a new chat with the\n           first N turns"
        )
        screen.send("/param x", "error: 'x' is not NAME=VALUE.")
        screen.send("/open 9", "error: There are 0 files.")
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
