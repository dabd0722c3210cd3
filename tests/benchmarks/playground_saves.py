"""Saves with the playground open in Chromium and again on save on.

    python -m tests.benchmarks.playground_saves [SAVES] [ROUNDS]

The goals: a save to its new answer on the page within 2 times of a save to the answer to a plain
request, in one run; over 1,000 saves, one in ten broken, each generation that stood is asked or
overtaken by a later one, the last save's answer is shown, and the memory of the page (the heap of
its scripts and its process) and of `poe dev` is flat.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.benchmarks.servers import ask, memory_mb, write_bot
from tests.playground.browser import Open, page_at
from tests.poe import DevProcess, dev
from tests.processes import processes_of

SAVES = 1000
ROUNDS = 20
APART_SECONDS = 1.0
_PAUSE_SECONDS = 0.15
_WAITED_FOR = 5  # of so many saves one is left until its answer is shown; the others overtake
_LOOKS = (100, 500, 1000)
BROKEN = "raise RuntimeError('broken')\n"

# When the page shows a word of the new answer, by the clock that time.time() reads too.
_SHOWN = """(word) => new Promise((done) => {
  const place = document.querySelector("#again-shown");
  const look = () => {
    if (!place.innerText.includes(word)) return false;
    watching.disconnect();
    done(performance.timeOrigin + performance.now());
    return true;
  };
  const watching = new MutationObserver(look);
  watching.observe(place, { childList: true, subtree: true, characterData: true });
  look();
})"""


@dataclass
class Heard:
    """What `poe dev` and the page's feed told. Numbers are those of generations."""

    stood: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What became of every generation."""
        overtaken = len(set(self.stood) - set(self.asked))
        stopped = len(set(self.asked) - set(self.answered))
        newest = max(self.stood)
        became = (
            f"{len(self.stood) - 1} generations stood: {len(self.asked)} asked, {overtaken - 1}"
            f" overtaken before that, {stopped} stopped by a later one, {len(self.answered)} shown"
        )
        return [became, f"the newest, {newest}: {'shown' if newest in self.answered else 'LOST'}"]


async def _listen(url: str, heard: Heard) -> None:
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - as long as the run
        client.stream("GET", f"{url}api/v1/feed") as feed,
    ):
        async for line in feed.aiter_lines():
            if line.startswith("data: "):
                for message in json.loads(line.removeprefix("data: ")):
                    _take(message, heard)


def _take(message: dict[str, Any], heard: Heard) -> None:
    if message["type"] == "state" and message["generation"] not in heard.stood:
        heard.stood.append(message["generation"])
    if message["type"] != "again":
        return
    if message["running"] and message["generation"] not in heard.asked:
        heard.asked.append(message["generation"])
    compared = message["comparison"]
    if compared and compared["now"]["generation"] not in heard.answered:
        heard.answered.append(compared["now"]["generation"])


@contextlib.asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[tuple[DevProcess, Open]]:
    """`poe dev` and its page, with one question asked."""
    write_bot(folder, "start")
    async with dev(folder, warm=False) as poe:
        url = str((await poe.line("ready"))["playground"])
        reading = asyncio.create_task(_read_on(poe))
        async with page_at(url, folder) as page:
            await page.ask("hi")
            await page.sees("start: hi", "article.bot")
            yield poe, page
            page.nothing_went_wrong()
        reading.cancel()


async def _read_on(poe: DevProcess) -> None:
    assert poe.process.stdout is not None
    while await poe.process.stdout.readline():
        continue


# --- how soon ---


async def _by_request(page: Open, word: str) -> float:
    """Milliseconds from the save to the answer to a request, asked until it is the new one."""
    port = urlsplit(page.url).port or 0
    began = time.perf_counter()
    write_bot(page.folder, word)
    while f"{word}: hi".encode() not in await ask(port, "hi"):  # noqa: ASYNC110 - measured
        await asyncio.sleep(0.002)
    return (time.perf_counter() - began) * 1000


async def _by_page(page: Open, word: str) -> float:
    """Milliseconds from the save to the answer on the page."""
    watching = asyncio.create_task(page.page.evaluate(_SHOWN, word))
    await asyncio.sleep(0.1)  # by then the page watches
    began = time.time() * 1000
    write_bot(page.folder, word)
    return float(await watching) - began


async def speed(rounds: int = ROUNDS) -> list[str]:
    """The lines of the table."""
    found: dict[str, list[float]] = {"a plain request": [], "the page": []}
    with tempfile.TemporaryDirectory() as name:
        async with _open(Path(name)) as (_, page):
            for number in range(rounds):
                found["a plain request"].append(await _by_request(page, f"r{number}word"))
                await asyncio.sleep(APART_SECONDS)
                await page.press("a")
                await page.page.locator("#again").wait_for()
                await asyncio.sleep(APART_SECONDS)
                found["the page"].append(await _by_page(page, f"p{number}word"))
                await page.press("a")
                await asyncio.sleep(APART_SECONDS)
    medians = {way: statistics.median(times) for way, times in found.items()}
    yardstick = medians["a plain request"]
    return [
        f"save to the new answer, median of {rounds} (ms)",
        *(f"{way:<18} {ms:>6.0f} {ms / yardstick:>5.1f}" for way, ms in medians.items()),
    ]


# --- for how long ---


async def _memory(poe: DevProcess, browser: Any) -> str:
    await browser.send("HeapProfiler.collectGarbage")
    told = await browser.send("Performance.getMetrics")
    metrics = {each["name"]: each["value"] for each in told["metrics"]}
    parent = memory_mb(poe.process.pid)[0]
    renderer = max(_renderers(), default=0)
    return (
        f"poe dev {parent:>4} MB, page's process {renderer:>4} MB, "
        f"its heap {metrics['JSHeapUsedSize'] / 2**20:>5.1f} MB, {metrics['Nodes']:>6.0f} nodes"
    )


def _renderers() -> list[int]:
    """Resident megabytes of the browser's processes that show pages."""
    found = []
    for pid in processes_of(os.getpid()):
        with contextlib.suppress(OSError):
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(memory_mb(pid)[0])
    return found


async def endurance(saves: int = SAVES) -> list[str]:
    """The lines of the result."""
    heard, lines = Heard(), []
    with tempfile.TemporaryDirectory() as name:
        async with _open(Path(name)) as (poe, page):
            listening = asyncio.create_task(_listen(page.url, heard))
            browser = await page.page.context.new_cdp_session(page.page)
            await browser.send("Performance.enable")
            await page.press("a")
            for number in range(1, saves + 1):
                broken = BROKEN if number % 10 == 0 and number < saves else ""
                write_bot(page.folder, f"w{number}word", broken)
                await asyncio.sleep(_PAUSE_SECONDS)
                if number % _WAITED_FOR == 1:
                    await page.sees(f"w{number}word", "#again ins")
                if number in _LOOKS:
                    await asyncio.sleep(2)  # what the last saves took is given back
                    lines.append(f"after {number:>5}: {await _memory(poe, browser)}")
            await page.sees(f"w{saves}word", "#again ins")
            await asyncio.sleep(1)  # the feed, read apart, tells the last answer too
            listening.cancel()
    return [f"{saves} saves with again on save on", *heard.lines(), *lines]


async def table(saves: int = SAVES, rounds: int = ROUNDS) -> list[str]:
    """Both tables."""
    return [*(await speed(rounds)), "", *(await endurance(saves))]


if __name__ == "__main__":
    wanted = [int(each) for each in sys.argv[1:]]
    print("\n".join(asyncio.run(table(*wanted))))
