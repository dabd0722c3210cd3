"""Every complete example of Poe's guide, as it stands there, under `poe dev`, offline."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastapi_poe as fp
import httpx
import pypdf
import pytest

from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.protocol.sse import SseDecoder
from tests.emulator.asking import NO_TLS
from tests.poe import DevProcess, dev

GUIDE = Path(__file__).resolve().parents[3] / "shared" / "guide.txt"
# A complete example runs from its imports to the end of the function Modal serves.
_EXAMPLE = re.compile(
    r"^(?:from __future__ import annotations|from typing import AsyncIterable)\n"
    r".*?^    return app$",
    re.DOTALL | re.MULTILINE,
)

pytestmark = pytest.mark.skipif(
    not GUIDE.is_file(), reason="the guide is not in this clone: ../shared/guide.txt is missing"
)


def examples() -> dict[str, str]:
    """Name of the bot's class -> the example, word for word."""
    found = _EXAMPLE.findall(GUIDE.read_text(encoding="utf-8")) if GUIDE.is_file() else []
    heads = (re.findall(r"^class (\w+)\(fp\.PoeBot\)", text, re.MULTILINE)[0] for text in found)
    return dict(zip(heads, found, strict=True))


def pdf(pages: int) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


async def attached(url: str) -> list[dict[str, Any]]:
    """A PDF of 12 pages that the user uploads to the local Poe."""
    file = await fp.upload_file(
        pdf(12), file_name="report.pdf", api_key="k" * 32, base_url=f"{url}/_poe/poe_api/"
    )
    return [file.model_dump()]


async def post(url: str, body: Mapping[str, Any], key: str = "any") -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
        headers = {"Authorization": f"Bearer {key}"}
        return await client.post(url, json={"version": "1.2", **body}, headers=headers)


async def ask(
    url: str, text: str, *, key: str = "any", attachments: list[dict[str, Any]] | None = None
) -> Reply:
    message = {"role": "user", "content": text, "attachments": attachments or []}
    ids = {"message_id": "m-1", "bot_query_id": "q-1", "user_id": "u-1", "conversation_id": "c-1"}
    answer = await post(url, {"type": "query", "query": [message], **ids}, key)
    reply = Reply()
    for frame in SseDecoder().feed(answer.content):
        assert reply.feed(ev.event_from_frame(frame)) == []
    assert reply.done
    return reply


# --- what the text of the guide promises for each -------------------------------------------------


async def forwards_the_query(poe: DevProcess, url: str) -> None:
    """The user's query goes to GPT-3.5-Turbo, and its answer comes back."""
    reply = await ask(url, "Hello there")
    await poe.line("upstream", bot="GPT-3.5-Turbo")
    assert "**GPT-3.5-Turbo**" in reply.text
    assert "> Hello there" in reply.text


async def calls_the_function(poe: DevProcess, url: str) -> None:
    """The weather of Tokyo, by two calls to the model."""
    reply = await ask(url, "What is the weather in Tokyo?")
    for _ in range(2):
        await poe.line("upstream", bot="GPT-3.5-Turbo", error=None)
    assert "location Tokyo, temperature 11, unit fahrenheit" in reply.text


async def shows_an_image(_: DevProcess, url: str) -> None:
    """A static answer with an image in Markdown."""
    reply = await ask(url, "hi")
    assert reply.text.startswith("This is a test image. ![leopard](https://images.pexels.com/")


async def counts_pages(_: DevProcess, url: str) -> None:
    """The pages of the PDF that the user attached."""
    base = url.rstrip("/")
    reply = await ask(url, "How many?", attachments=await attached(base))
    assert reply.text == "report.pdf has 12 pages"


async def explains_the_authors_error(poe: DevProcess, url: str) -> None:
    """The example passes a str as file_data, which today's fastapi_poe can't read."""
    reply = await ask(url, "hi", key="<put your access key here>")
    raised = await poe.line("error")
    assert reply.error is not None
    assert "unexpected issue" in (reply.error.text or "")
    assert "'str' object has no attribute 'read'" in raised["message"]
    assert raised["place"].startswith("main.py:")


async def introduces_itself(_: DevProcess, url: str) -> None:
    """The introduction message is among the settings; the bot itself is under construction."""
    settings = (await post(url, {"type": "settings"})).json()
    assert settings["introduction_message"].startswith("Welcome to the trivia bot.")
    assert (await ask(url, "hi")).text == "Bot under construction. Please visit later"


async def reads_the_request(_: DevProcess, url: str) -> None:
    """URL and query parameters of the HTTP request."""
    reply = await ask(f"{url}?a=1", "hi")
    assert reply.text == f"The request url is: {url}?a=1, query params are: a=1"


PROMISES = {
    "GPT35TurboBot": forwards_the_query,
    "GPT35FunctionCallingBot": calls_the_function,
    "SampleImageResponseBot": shows_an_image,
    "PDFSizeBot": counts_pages,
    "AttachmentOutputDemoBot": explains_the_authors_error,
    "TriviaBotSample": introduces_itself,
    "HttpRequestBot": reads_the_request,
}


def test_every_complete_example_is_tried() -> None:
    """The guide has these examples, and no other."""
    assert set(examples()) == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
async def test_an_example_does_what_its_text_promises(name: str, tmp_path: Path) -> None:
    """Unedited, with Modal's old names, without a network, a key or an account."""
    (tmp_path / "main.py").write_text(examples()[name], encoding="utf-8")
    async with dev(tmp_path) as poe:
        ready = await poe.line("ready")
        await PROMISES[name](poe, ready["bots"][0]["url"])
