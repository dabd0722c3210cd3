"""The playground in a real browser: load with the page open, first paint.

    python -m tests.benchmarks.playground_page [load|steady|paint ...]

The goals: with the page open `poe dev` serves at least 0.9 of the requests/s, with the same p99,
and in a minute of it neither the page nor `poe dev` grows; the first paint with a cold cache comes
within 3 times that of a bare page with one line of text. The browser runs on the same cores: a feed
that is read and thrown away is measured beside it, and a bare page with a text field, whose caret
blinks; and nobody twice, which shows the noise.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.benchmarks.servers import memory_mb, poe, serve, write_bot
from tests.benchmarks.serving import Load, load
from tests.playground.browser import FLAGS

LOAD_SECONDS = 5.0
ROUNDS = 8
SETTLE_SECONDS = 2.0
PAINTS = 15


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


@asynccontextmanager
async def _field(_port: int, browser: Browser) -> AsyncIterator[None]:
    """Another page, with nothing but the caret in its text field."""
    page = await (await browser.new_context()).new_page()
    await page.goto("data:text/html,<textarea autofocus rows=5 cols=50></textarea>")
    yield
    await page.context.close()


WITH: dict[str, Callable[[int, Browser], contextlib.AbstractAsyncContextManager[None]]] = {
    "nobody looks": _nobody,
    "nobody again": _nobody,
    "a feed read": _reader,
    "a bare field": _field,
    "the page open": _page,
}


async def under_load() -> None:
    """Requests/s and quantiles with and without the page, in turns; of all rounds together."""
    seen = {name: Load() for name in WITH}
    async with browser() as chromium, served(lambda f: write_bot(f, "word")) as (port, pid):
        await load(port, pid, 1.0)
        for number in range(ROUNDS):
            first = number % len(WITH)  # each comes first once: the machine's own pace drifts
            for name in [*WITH][first:] + [*WITH][:first]:
                async with WITH[name](port, chromium):
                    await asyncio.sleep(SETTLE_SECONDS)  # a page that opens does so only once
                    round_ = await load(port, pid, LOAD_SECONDS)
                seen[name].latencies += round_.latencies
                seen[name].seconds += round_.seconds
    print(f"{'50 clients':<16}{'requests/s':>12}{'x':>7}{'p50 ms':>9}{'p99 ms':>9}{'x':>7}")
    base = seen["nobody looks"]
    for name, found in seen.items():
        rate, p50, p99 = found.requests_a_second, found.quantile(0.5), found.quantile(0.99)
        rates, p99s = rate / base.requests_a_second, p99 / base.quantile(0.99)
        print(f"{name:<16}{rate:>12.0f}{rates:>7.2f}{p50:>9.1f}{p99:>9.1f}{p99s:>7.2f}")


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
    "load": under_load,
    "steady": steady,
    "paint": first_paint,
}


async def run_parts(parts: Mapping[str, Callable[[], Awaitable[None]]], names: list[str]) -> None:
    """Those that are named, or all."""
    for name in names or parts:
        await parts[name]()
        print()


if __name__ == "__main__":
    asyncio.run(run_parts(PARTS, sys.argv[1:]))
