"""The playground in a real browser: long answers, load with the page open, first paint.

    python -m tests.benchmarks.playground_page [stream|load|steady|paint ...]

The goals: an answer of 10,000 events and 100,000 characters gives no task of the page over 50 ms;
what the page does for an answer doubles with its length from 10 to 80 kB (at most 2.2 for each
doubling); with the page open `poe dev` serves at least 0.9 of the requests/s, with the same p99,
and in a minute of it neither the page nor `poe dev` grows; the first paint with a cold cache comes
within 3 times that of a bare page with one line of text. The browser runs on the same cores: a feed
that is read and thrown away is measured beside it, and nobody twice, which shows the noise.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.benchmarks.servers import memory_mb, poe, serve, write_bot
from tests.benchmarks.serving import Load, load
from tests.playground.browser import FLAGS

LOAD_SECONDS = 5.0
ROUNDS = 5
SETTLE_SECONDS = 2.0
PAINTS = 15
LONG_TASK_MS = 50
SIZES = (10, 20, 40, 80)
_TASK = "ThreadControllerImpl::RunTask"
SHAPES = {
    "prose": "Some *words* with `code`, a [link](https://example.com) and **bold** ones.\n\n",
    "code": "```python\n"
    + "def total(items: list[int]) -> int:\n    return sum(items)\n" * 60
    + "```\n\n",
    "list": "- an item of *some* words\n  - and one below it\n",
    "table": "| a | b |\n|---|--:|\n" + "| one | `two` |\n" * 60 + "\n",
}
BOT = """\
import asyncio

import fastapi_poe as fp

SHAPES = {shapes!r}


class Long(fp.PoeBot):
    async def get_response(self, request):
        if not request.query[-1].content.startswith("long "):
            yield fp.PartialResponse(text="ready")
            return
        _, shape, size, events = request.query[-1].content.split()
        size, events = int(size), int(events)
        text = (SHAPES[shape] * (size // len(SHAPES[shape]) + 1))[:size]
        piece = max(1, size // events)
        for number, at in enumerate(range(0, size, piece)):
            yield fp.PartialResponse(text=text[at:at + piece])
            if number % 25 == 0:
                await asyncio.sleep(0.01)


app = fp.make_app(Long(), allow_without_key=True)
"""


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as driver:
        found = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        await found.close()


@asynccontextmanager
async def served(write: Callable[[Path], object]) -> AsyncIterator[tuple[int, int]]:
    """The port and the pid of a `poe dev`."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        async with serve(poe("--json"), Path(name)) as found:
            yield found


async def opened(browser: Browser, port: int) -> Page:
    """The page, once it has its state."""
    page = await (await browser.new_context()).new_page()
    await page.goto(f"http://127.0.0.1:{port}/_poe/")
    await page.get_by_text("generation 1 answers").wait_for()
    return page


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


async def answered(page: Page, shape: str, size: int, events: int) -> Tasks:
    """What the page did for one answer."""
    browser = page.context.browser
    assert browser is not None
    bots = await page.locator("article.bot").count()
    await browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    await page.locator("#question").fill(f"long {shape} {size} {events}")
    await page.keyboard.press("Enter")
    await page.locator("article.bot:not(.running)").nth(bots).wait_for(timeout=120_000)
    await asyncio.sleep(1)  # what the page does when the answer is there is its work too
    return Tasks.of(await browser.stop_tracing())


def write_text(folder: Path, text: str) -> None:
    """Save it as the bot."""
    (folder / "main.py").write_text(text, encoding="utf-8")


async def stream() -> None:
    """Long tasks, and what each doubling costs."""
    async with (
        browser() as chromium,
        served(partial(write_text, text=BOT.format(shapes=SHAPES))) as (port, _),
    ):
        print(f"{'10,000 events, 100,000 characters':<36}{'tasks over 50 ms':>20}{'CPU s':>8}")
        for shape in SHAPES:
            page = await opened(chromium, port)
            await answered(page, shape, 2_000, 100)  # whatever is slow only once
            tasks = await answered(page, shape, 100_000, 10_000)
            print(f"{shape:<36}{tasks.long or 'none'!s:>20}{sum(tasks.ms) / 1000:>8.2f}")
            await page.context.close()
        print(f"\n{'CPU ms of the page for':<22}" + "".join(f"{k:>9} kB" for k in SIZES))
        for shape in SHAPES:
            page = await opened(chromium, port)
            await answered(page, shape, 2_000, 100)
            # As many frames for each length: what is left is the length's own.
            spent = [sum((await answered(page, shape, k * 1000, 2_000)).ms) for k in SIZES]
            shown = "".join(f"{each:>12.0f}" for each in spent)
            ratios = ", ".join(f"{after / before:.2f}" for before, after in pairwise(spent))
            print(f"{shape:<22}{shown}   for each doubling {ratios}")
            await page.context.close()


# --- load ---


@asynccontextmanager
async def _nobody(_port: int, _browser: Browser) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _reader(port: int, _browser: Browser) -> AsyncIterator[None]:
    """A feed that is read and thrown away."""

    async def read() -> None:
        url = f"http://127.0.0.1:{port}/_poe/api/v1/feed"
        async with httpx.AsyncClient() as client, client.stream("GET", url) as feed:
            async for _ in feed.aiter_raw():
                pass

    reading = asyncio.create_task(read())
    yield
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading


@asynccontextmanager
async def _page(port: int, browser: Browser) -> AsyncIterator[None]:
    page = await opened(browser, port)
    yield
    await page.context.close()


WITH: dict[str, Callable[[int, Browser], contextlib.AbstractAsyncContextManager[None]]] = {
    "nobody looks": _nobody,
    "nobody again": _nobody,
    "a feed read": _reader,
    "the page open": _page,
}


async def under_load() -> None:
    """Requests/s and p99 with and without the page, in turns; ratios to those of the same round."""
    rounds: list[dict[str, Load]] = []
    async with browser() as chromium, served(lambda f: write_bot(f, "word")) as (port, pid):
        await load(port, pid, 1.0)
        for number in range(ROUNDS):
            seen: dict[str, Load] = {}
            first = number % len(WITH)  # each comes first once: the machine's own pace drifts
            for name in [*WITH][first:] + [*WITH][:first]:
                async with WITH[name](port, chromium):
                    await asyncio.sleep(SETTLE_SECONDS)  # a page that opens does so only once
                    seen[name] = await load(port, pid, LOAD_SECONDS)
            rounds.append(seen)
    print(f"{'50 clients':<16}{'requests/s':>12}{'x':>7}{'p50 ms':>9}{'p99 ms':>9}{'x':>7}")
    for name in WITH:
        figures = [_figures(seen[name]) for seen in rounds]
        bases = [_figures(seen["nobody looks"]) for seen in rounds]
        rate, p50, p99 = (statistics.median(each) for each in zip(*figures, strict=True))
        ratios = [
            [a / b for a, b in zip(*each, strict=True)] for each in zip(figures, bases, strict=True)
        ]
        rates, _, p99s = (statistics.median(each) for each in zip(*ratios, strict=True))
        print(f"{name:<16}{rate:>12.0f}{rates:>7.2f}{p50:>9.1f}{p99:>9.1f}{p99s:>7.2f}")


def _figures(found: Load) -> tuple[float, float, float]:
    return found.requests_a_second, found.quantile(0.5), found.quantile(0.99)


async def steady() -> None:
    """What the page and `poe dev` hold, in a minute of load with the page open."""
    async with browser() as chromium, served(lambda f: write_bot(f, "word")) as (port, pid):
        page = await opened(chromium, port)
        devtools = await page.context.new_cdp_session(page)
        print(f"{'seconds':>8}{'requests':>10}{'poe dev MB':>12}{'page kB':>9}{'elements':>10}")
        asked = 0
        for tenth in range(7):
            await devtools.send("HeapProfiler.collectGarbage")
            heap = (await devtools.send("Runtime.getHeapUsage"))["usedSize"] / 1000
            elements = (await devtools.send("Memory.getDOMCounters"))["nodes"]
            held = memory_mb(pid)[0]
            print(f"{tenth * 10:>8}{asked:>10}{held:>12}{heap:>9.0f}{elements:>10}")
            if tenth < 6:
                asked += len((await load(port, pid, 10.0)).latencies)


# --- first paint ---


@asynccontextmanager
async def _bare() -> AsyncIterator[str]:
    """The yardstick: one line of text, by aiohttp."""

    async def get(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><p>One line of text.", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", get)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    if (each.name === "first-contentful-paint") done(each.startTime);
  }
}).observe({ type: "paint", buffered: true }))"""


async def _first_paint(browser: Browser, url: str) -> float:
    """Milliseconds, in a context of its own: nothing is in its cache."""
    context = await browser.new_context()
    page: Any = await context.new_page()
    await page.goto(url)
    found: float = await page.evaluate(_PAINT)
    await context.close()
    return found


async def first_paint() -> None:
    async with (
        browser() as chromium,
        _bare() as bare,
        served(lambda f: write_bot(f, "word")) as (port, _),
    ):
        urls = {"a bare page": bare, "the playground": f"http://127.0.0.1:{port}/_poe/"}
        seen: dict[str, list[float]] = {name: [] for name in urls}
        for _ in range(PAINTS):
            for name, url in urls.items():
                seen[name].append(await _first_paint(chromium, url))
    medians = {name: statistics.median(each) for name, each in seen.items()}
    for name, ms in medians.items():
        print(f"first paint of {name:<16}{ms:>8.0f} ms{ms / medians['a bare page']:>7.2f} x")


PARTS: dict[str, Callable[[], Awaitable[None]]] = {
    "stream": stream,
    "load": under_load,
    "steady": steady,
    "paint": first_paint,
}


async def main(names: list[str]) -> None:
    for name in names or PARTS:
        await PARTS[name]()
        print()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
