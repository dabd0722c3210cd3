from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fastapi_poe as fp
import pytest
from pypdf import PdfWriter

from conftest import Ask


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
    ("path", "answer"),
    [
        ("/twelve.pdf", "doc.pdf has 12 pages."),
        ("/one.pdf", "doc.pdf has 1 page."),
        ("/open.pdf", "doc.pdf has 3 pages."),
        ("/secret.pdf", "doc.pdf: this PDF is protected by a password"),
        ("/cut.pdf", "doc.pdf: this PDF is broken"),
        ("/text.pdf", "doc.pdf: this PDF is broken"),
        ("/empty.pdf", "doc.pdf: this PDF is broken"),
        ("/gone.pdf", "doc.pdf: I could not download this file."),
    ],
)
def test_every_pdf_gets_a_clear_answer(
    ask: Ask, file_server: str, path: str, answer: str
) -> None:
    pdf = fp.Attachment(
        url=file_server + path, content_type="application/pdf", name="doc.pdf"
    )
    assert ask("How many pages?", attachments=[pdf]).text.startswith(answer)


def test_without_a_pdf_the_bot_asks_for_one(ask: Ask) -> None:
    assert "attach a PDF" in ask("How many pages?").text


def test_a_pdf_of_an_earlier_message_counts(ask: Ask, file_server: str) -> None:
    pdf = fp.Attachment(
        url=f"{file_server}/one.pdf", content_type="application/pdf", name="one.pdf"
    )
    earlier = fp.ProtocolMessage(role="user", content="Here", attachments=[pdf])
    assert ask("And now?", before=[earlier]).text == "one.pdf has 1 page."
