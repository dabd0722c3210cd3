from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fastapi_poe as fp
import pytest

from conftest import Ask


class ModelHandler(BaseHTTPRequestHandler):
    """Says back the last message, in three pieces, or fails when it is told to."""

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


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ModelHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LLM_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1/")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("model")
def test_the_conversation_reaches_the_model_and_its_answer_the_user(ask: Ask) -> None:
    before = [fp.ProtocolMessage(role="bot", content="Hi.")]
    path, _, said = ask("Hello!", before=before).text.partition(" ")
    assert path == "/v1/chat/completions"
    assert json.loads(said) == [["assistant", "Hi."], ["user", "Hello!"]]


@pytest.mark.usefixtures("model")
def test_a_model_that_fails_gives_an_error_with_retry(ask: Ask) -> None:
    error = ask("fail").of("error")[0]
    assert error["allow_retry"] is True
    assert "can't be reached" in error["text"]


def test_a_model_that_is_away_gives_an_error_with_retry(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:1/v1")
    assert ask("Hello!").of("error")[0]["allow_retry"] is True
