from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from poecli.testing import PoeBot
from pypdf import PdfWriter


def make_pdf(pages: int, password: str | None = None) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=100, height=100)
    if password is not None:
        writer.encrypt(user_password=password, algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


FILES = {
    "/twelve.pdf": make_pdf(12),
    "/one.pdf": make_pdf(1),
    "/open.pdf": make_pdf(3, password=""),
    "/secret.pdf": make_pdf(3, password="secret"),
    "/cut.pdf": make_pdf(12)[:200],
    "/text.pdf": b"This is no PDF at all.",
    "/empty.pdf": b"",
}


class FileHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = FILES.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Keeps the test output quiet."""


@pytest.fixture(scope="module")
def file_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FileHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("twelve.pdf", "twelve.pdf has 12 pages."),
        ("one.pdf", "one.pdf has 1 page."),
        ("open.pdf", "open.pdf has 3 pages."),
        ("secret.pdf", "secret.pdf: this PDF is protected by a password"),
        ("cut.pdf", "cut.pdf: this PDF is broken"),
        ("text.pdf", "text.pdf: this PDF is broken"),
        ("empty.pdf", "empty.pdf: this PDF is broken"),
        ("gone.pdf", "gone.pdf: I could not download this file."),
    ],
)
def test_every_pdf_gets_a_clear_answer(
    poe_bot: PoeBot, file_server: str, name: str, answer: str
) -> None:
    told = poe_bot.ask("How many pages?", attachments=[f"{file_server}/{name}"])
    assert told.text.startswith(answer)


def test_without_a_pdf_the_bot_asks_for_one(poe_bot: PoeBot) -> None:
    assert "attach a PDF" in poe_bot.ask("How many pages?").text


def test_a_pdf_of_an_earlier_message_counts(poe_bot: PoeBot, file_server: str) -> None:
    poe_bot.ask("Here", attachments=[f"{file_server}/one.pdf"])
    assert poe_bot.ask("And now?").text == "one.pdf has 1 page."
