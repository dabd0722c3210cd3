"""An answer that streams into the playground, in a real browser and on the server.

    python -m tests.benchmarks.playground_stream [server|tasks|doubling|turns|cut|waterfall ...]

The goals: an answer of 10,000 events and 100,000 characters gives no task of the page over 50 ms;
what the page does for an answer at most doubles (1.7 times at a fixed number of frames) with its
length from 10 to 80 kB; below 200 turns an answer costs at most 1.7 times what it costs on an
empty page; a connection that is cut is resumed within 0.5 s; a waterfall of 10,000 events is drawn
in 4 ms. Those of the server stand in `playground_markdown`.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page

from poecli.playground.markdown.stream import render
from tests.benchmarks import playground_markdown
from tests.benchmarks.playground_markdown import SHAPES
from tests.benchmarks.playground_page import browser, opened, run_parts, served

LONG_TASK_MS = 50
LENGTH, EVENTS = 100_000, 10_000
SIZES = (10, 20, 40, 80)
TURNS, TURN_CHARACTERS = 200, 5_000
CUTS = 5
_TASK = "ThreadControllerImpl::RunTask"
BOT = """\
import asyncio
from pathlib import Path

import fastapi_poe as fp


class Long(fp.PoeBot):
    async def get_response(self, request):
        if not request.query[-1].content.startswith("long "):
            yield fp.PartialResponse(text="ready")
            return
        _, shape, size, events = request.query[-1].content.split()
        size, events = int(size), int(events)
        text = Path(__file__).with_name(f"{shape}.txt").read_text(encoding="utf-8")[:size]
        piece = max(1, size // events)
        for number, at in enumerate(range(0, size, piece)):
            yield fp.PartialResponse(text=text[at:at + piece])
            if number % 25 == 24:
                await asyncio.sleep(0.01)


app = fp.make_app(Long(), allow_without_key=True)
"""


def write_texts(folder: Path) -> None:
    """The bot, and a text of each shape that it reads."""
    (folder / "main.py").write_text(BOT, encoding="utf-8")
    for name, shape in SHAPES.items():
        path = folder / f"{name.replace(' ', '-')}.txt"
        path.write_text(shape(LENGTH), encoding="utf-8")


@dataclass
class Tasks:
    """What the page's main thread did: CPU milliseconds of each task.

    By the clock a task is as long as other programs on the same cores make it.
    """

    ms: list[float]

    @classmethod
    def of(cls, trace: bytes) -> Tasks:
        events = json.loads(trace)["traceEvents"]
        mains = _mains(events)
        tasks = [e for e in events if e["name"] == _TASK and (e["pid"], e["tid"]) in mains]
        ((page, _),) = Counter(e["pid"] for e in tasks).most_common(1)
        return cls([e.get("tdur", 0) / 1000 for e in tasks if e["pid"] == page])

    @property
    def long(self) -> list[int]:
        """Those over 50 ms."""
        return [round(each) for each in self.ms if each > LONG_TASK_MS]


def _mains(events: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """The main threads of renderers."""
    named = (e for e in events if e["name"] == "thread_name")
    return {(e["pid"], e["tid"]) for e in named if e["args"]["name"] == "CrRendererMain"}


# A locator that waits goes through the whole page each time it looks: long tasks of its own.
_ANSWERED = "() => document.querySelectorAll('article.bot:not(.running)').length"
_ANSWER_SECONDS = 120


async def _until_answered(page: Page, count: int) -> None:
    while await page.evaluate(_ANSWERED) < count:  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.1)


async def answered(page: Page, shape: str, size: int, events: int) -> Tasks:
    """What the page did for one answer."""
    browser = page.context.browser
    assert browser is not None
    bots = await page.locator("article.bot").count()
    await page.locator("#question").fill(f"long {shape.replace(' ', '-')} {size} {events}")
    await browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    await page.keyboard.press("Enter")
    await asyncio.wait_for(_until_answered(page, bots + 1), _ANSWER_SECONDS)
    await asyncio.sleep(1)  # what the page does when the answer is there is its work too
    return Tasks.of(await browser.stop_tracing())


async def server() -> None:
    """CPU, bytes, and what other users of the loop wait for."""
    print("\n".join(await playground_markdown.table()))


async def tasks() -> None:
    """Long tasks."""
    async with browser() as chromium, served(write_texts) as (port, _):
        print(f"{'10,000 events, 100,000 characters':<36}{'tasks over 50 ms':>20}{'CPU s':>8}")
        for shape in SHAPES:
            page = await opened(chromium, port)
            await answered(page, shape, 2_000, 100)  # whatever is slow only once
            found = await answered(page, shape, LENGTH, EVENTS)
            print(f"{shape:<36}{found.long or 'none'!s:>20}{sum(found.ms) / 1000:>8.2f}")
            await page.context.close()


async def doubling() -> None:
    """As many frames for each length: what is left is the length's own."""
    async with browser() as chromium, served(write_texts) as (port, _):
        print(f"{'CPU ms of the page for':<22}" + "".join(f"{k:>9} kB" for k in SIZES))
        for shape in SHAPES:
            page = await opened(chromium, port)
            await answered(page, shape, 2_000, 100)
            spent = [sum((await answered(page, shape, k * 1000, 2_000)).ms) for k in SIZES]
            shown = "".join(f"{each:>12.0f}" for each in spent)
            ratios = ", ".join(f"{after / before:.2f}" for before, after in pairwise(spent))
            print(f"{shape:<22}{shown}   for each doubling {ratios}")
            await page.context.close()


async def turns() -> None:
    """One answer below nothing, and one below 200 turns of 5,000 characters."""
    async with browser() as chromium, served(write_texts) as (port, _):
        page = await opened(chromium, port)
        await answered(page, "prose", 2_000, 100)
        alone = sum((await answered(page, "prose", 80_000, 2_000)).ms)
        await page.context.close()
        await _ask_often(port)
        page = await opened(chromium, port)
        await page.locator("article.bot").nth(TURNS - 1).wait_for()
        await answered(page, "prose", 2_000, 100)
        below = sum((await answered(page, "prose", 80_000, 2_000)).ms)
    print(f"{'below 200 turns':<36}{below:>8.0f} ms{below / alone:>7.2f} x an empty page's")


async def _ask_often(port: int) -> None:
    url, headers = f"http://127.0.0.1:{port}/_poe/api/v1", {"X-Poe-Playground": "1"}
    question = {"text": f"long prose {TURN_CHARACTERS} 1"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        chat = (await client.post(f"{url}/chats", json={})).json()["id"]
        for _ in range(TURNS):
            # Refused while the one before still runs.
            while (await client.post(f"{url}/chats/{chat}/messages", json=question)).is_error:  # noqa: ASYNC110 - see there
                await asyncio.sleep(0.01)


# --- a connection that is cut ---


@dataclass
class Relay:
    """Between the page and its server. ``cut`` ends the feed, ``resumed`` tells of the next."""

    port: int
    feeds: list[asyncio.StreamWriter] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry(self, page: asyncio.StreamReader, to_page: asyncio.StreamWriter) -> None:
        """One connection of the browser's."""
        server, to_server = await asyncio.open_connection("127.0.0.1", self.port)

        async def up() -> None:
            while data := await page.read(65536):
                if b"/feed HTTP" in data:
                    self.feeds.append(to_page)
                to_server.write(data)
            to_server.close()

        async def down() -> None:
            while data := await server.read(65536):
                to_page.write(data)
                if to_page in self.feeds and b"data:" in data:
                    self.heard.set()
            to_page.close()

        with contextlib.suppress(ConnectionError):
            await asyncio.gather(up(), down())

    async def resumed(self) -> float:
        """Seconds from a cut to the first frame over a new connection."""
        began = time.perf_counter()
        self.feeds.pop().transport.abort()
        self.heard.clear()
        await self.heard.wait()
        return time.perf_counter() - began


@asynccontextmanager
async def relayed(port: int) -> AsyncIterator[tuple[Relay, int]]:
    """A relay in front of a port, and its own port."""
    relay = Relay(port)
    listener = await asyncio.start_server(relay.carry, "127.0.0.1", 0)
    async with listener:
        yield relay, listener.sockets[0].getsockname()[1]


async def cut() -> None:
    """The feed is cut while an answer runs."""
    seconds: list[float] = []
    async with (
        browser() as chromium,
        served(write_texts) as (port, _),
        relayed(port) as (relay, through),
    ):
        page = await opened(chromium, through)
        await page.locator("#question").fill(f"long prose {LENGTH} {EVENTS}")
        await page.keyboard.press("Enter")
        for _ in range(CUTS):
            await asyncio.sleep(0.3)  # the answer goes on meanwhile
            seconds.append(await relay.resumed())
        await page.locator("article.bot:not(.running)").wait_for(timeout=120_000)
        await asyncio.sleep(1)  # what it has got is painted in frames
        shown = await page.locator("article.bot .answer").text_content()
    tags = re.sub(r"<.*?>", "", "".join(render(SHAPES["prose"](LENGTH))))
    ends = "the answer ends whole" if shown == html.unescape(tags) else "THE ANSWER LACKS SOMETHING"
    print(f"{'resumed after a cut':<36}{max(seconds) * 1000:>8.0f} ms at most, {ends}")


# --- the waterfall ---

_REDRAWS = """async () => {
  const { waterfall } = await import("/_poe/page/waterfall.js");
  const times = Array.from({ length: 10_000 }, (_, at) => at);
  const events = times.map((at) => ({ event: "text", at_ms: at, data: "{}" }));
  const ticks = times.slice(0, 600);
  const turn = { kind: "query", first_ms: 1, total_ms: 10_000, events: 10_000, characters: 100_000,
    ticks, calls: [], notes: [] };
  const kept = { request: {}, calls: [], events };
  const body = document.querySelector("#waterfall").tBodies[0];
  const took = [];
  for (let count = 0; count < 60; count++) {
    const began = performance.now();
    body.replaceChildren(...waterfall(turn, kept).rows);
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[30];
}"""


async def waterfall() -> None:
    """One of 10,000 events, drawn anew."""
    async with browser() as chromium, served(write_texts) as (port, _):
        page: Any = await opened(chromium, port)
        print(f"{'a waterfall drawn anew':<36}{await page.evaluate(_REDRAWS):>8.1f} ms")


PARTS: dict[str, Callable[[], Awaitable[None]]] = {
    "server": server,
    "tasks": tasks,
    "doubling": doubling,
    "turns": turns,
    "cut": cut,
    "waterfall": waterfall,
}


if __name__ == "__main__":
    asyncio.run(run_parts(PARTS, sys.argv[1:]))
