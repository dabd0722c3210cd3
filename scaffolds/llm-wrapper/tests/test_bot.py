from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from poecli.testing import PoeBot, StartPoeDev


class ModelHandler(BaseHTTPRequestHandler):
    """Says back all messages, in three pieces, or fails on request."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = [(message["role"], message["content"]) for message in body["messages"]]
        failed = said[-1][1] == "fail"
        self.send_response(500 if failed else 200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in (self.path, " ", json.dumps(said)):
            chunk = {"choices": [{"delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Keeps the test output quiet."""


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ModelHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/"
    server.shutdown()
    server.server_close()


def bot_with(model: str, start_poe_dev: StartPoeDev) -> PoeBot:
    """The bot, with the URL of the model in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_BASE_URL", model)
        return start_poe_dev().bot()


def test_the_conversation_reaches_the_model_and_its_answer_the_user(
    model: str, start_poe_dev: StartPoeDev
) -> None:
    bot = bot_with(model, start_poe_dev)
    first = bot.ask("Hi.").text
    path, _, said = bot.ask("Hello!").text.partition(" ")
    assert path == "/v1/chat/completions"
    assert json.loads(said) == [
        ["user", "Hi."],
        ["assistant", first],
        ["user", "Hello!"],
    ]

    error = bot.ask("fail").error
    assert error is not None
    assert error.allow_retry
    assert "can't be reached" in (error.text or "")


def test_a_model_that_is_away_gives_an_error_with_retry(
    start_poe_dev: StartPoeDev,
) -> None:
    error = bot_with("http://127.0.0.1:1/v1", start_poe_dev).ask("Hello!").error
    assert error is not None
    assert error.allow_retry
