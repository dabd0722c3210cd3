"""A conversation in a real terminal: what is typed, what is seen, what survives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chat.peers import poe, serving, user_env
from tests.chat.terminal import PROMPT, terminal
from tests.client.scripted import DONE, Answer, event, text

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
HANGING = Answer([text("a part of it")], end="hang")
CTRL_C, CTRL_D, CTRL_J, CTRL_R, ALT_ENTER = "\x03", "\x04", "\n", "\x12", "\x1b\r"


def sent(server: object) -> list[str]:
    """The questions that reached the bot, each query's last message."""
    requests = [request.json for request in server.requests]  # type: ignore[attr-defined] # scripted
    return [r["query"][-1]["content"] for r in requests if r["type"] == "query"]


def test_a_conversation_from_introduction_to_goodbye(tmp_path: Path) -> None:
    """Introduction, several rows, a suggested reply by number, a paste, Ctrl-D."""
    with (
        serving(SETTINGS, SUGGESTING, SECOND) as server,
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


def test_ctrl_c_stops_the_answer_and_twice_leaves(tmp_path: Path) -> None:
    """The part stays, marked; the bot is hung up on; a second Ctrl-C within 2 seconds leaves."""
    with (
        serving(SETTINGS, HANGING) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        screen.press("go on for ever\r")
        screen.wait_for("a part of it")
        screen.press(CTRL_C)
        screen.wait_for("stopped")
        screen.press(CTRL_C + CTRL_C)
        assert screen.wait_until_over() == 0

    shown = poe("chat", "--export", "md", env=user_env(tmp_path)).stdout
    assert "a part of it" in shown
    assert "(stopped)" in shown
