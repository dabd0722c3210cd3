"""What the commands of a conversation say they did, one after the other in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chat.terminal import PROMPT, terminal
from tests.poe import user_env
from tests.scripted import DONE, Answer, event, in_a_thread, text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

CONTROLS = (
    '{"api_version": "2", "sections": [{"name": "All", "controls": '
    '[{"control": "text_field", "label": "Title", "parameter_name": "title"}]}]}'
)
SETTINGS = Answer(
    [f'{{"response_version": 2, "parameter_controls": {CONTROLS}}}'.encode()],
    content_type="application/json",
)
HELLO = Answer(
    [text("Here:\n\n```\nx = 1\n```\n"), event("suggested_reply", {"text": "so?"}), DONE]
)
TAKEN = Answer([b"{}"], content_type="application/json")
AGAIN = Answer([text("another answer"), DONE])
BEFORE_ANY_ANSWER = [
    ("/bot", "tester at http://127.0.0.1"),
    ("/system be kind", "be kind"),
    ("/system -", "no system prompt"),
    ("/attach -", "nothing attached"),
    ("/param nope", "'nope' is not NAME=VALUE."),
    ("/settings", "response_version"),
    ("/param title=mine", "mine"),
    ("/param title=", "title"),
    ("/events", "There is no answer yet."),
    ("/evnts", "Did you mean '/events'?"),
    ("/files", "no bot sent a file yet"),
    ("/save", "There is no file to save."),
    ("/open 1", "There are 0 files."),
    ("/undo x", "'x' is not a number."),
    ("/sessions", "no chat is stored yet"),
]
CTRL_D = "\x04"
ABOUT_AN_ANSWER = [
    ("/events 1", "event: text"),
    ("/events 99", "The answer has 3 events."),
    ("/raw", "event: done"),
    ("/copy code 2", "The answer has 1 code blocks."),
    ("/copy it", "'it' can't be copied."),
    ("/feedback well", "Feedback must be like or dislike."),
    ("/feedback like good", "received your like, and the reason with the next message"),
    ("/retry", "another answer"),
    ("/fork 9", "The chat has only 1 turns."),
    ("/fork", "now in a new chat, "),
    ("/sessions another", "another answer"),
    ("/sessions nothing-like-it", "no chat contains 'nothing-like-it'"),
    ("/undo", "removed: hello"),
    ("/clear", "the bot sees only messages from now on"),
]


def test_each_command_says_what_it_did(tmp_path: Path) -> None:
    """Before there is an answer, and about one; none of them ends the conversation."""
    with (
        in_a_thread(SETTINGS, SETTINGS, HELLO, TAKEN, AGAIN) as server,
        terminal(
            "chat", f"{server.url}/bot/tester", env=user_env(tmp_path), cwd=tmp_path
        ) as screen,
    ):
        screen.wait_for(PROMPT)
        for line, seen in BEFORE_ANY_ANSWER:
            screen.send(line, seen)
        screen.send("hello", "x = 1")
        for line, seen in ABOUT_AN_ANSWER:
            screen.send(line, seen)
        screen.press(CTRL_D)
        assert screen.wait_until_over() == 0
