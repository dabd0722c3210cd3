"""The page in a real browser, as a person has it open."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.playground.bots import BOT, served

# Without them a browser in a container looks up its maker's hosts at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LIMIT_MS = 60_000
LAST = ":last-child > article.bot:last-child"  # the newest answer
_VIOLATIONS = {"resultTypes": ["violations"]}
_OF_COLOUR = ["color-contrast", "link-in-text-block"]  # all that dark can change
AXE_OPTIONS = {"dark": {**_VIOLATIONS, "runOnly": _OF_COLOUR}, "light": _VIOLATIONS}
RUN_AXE = """async ([within, options]) => {
    const context = document.querySelector(within);
    if (!context) throw new Error(`nothing is ${within}`);
    const { violations } = await axe.run(context, options);
    return violations.map(({id, nodes}) => [id, nodes[0].html]);
}"""


@dataclass
class Open:
    """The page in a browser. ``asked_for`` are its requests, ``reported`` what it said."""

    page: Any
    url: str
    folder: Path
    asked_for: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)

    async def ask(self, text: str) -> None:
        """Once the answer before it is over: until then a question stays where it is typed."""
        await self.page.locator("#question").fill(text)
        await self.page.locator("article.bot[aria-busy=true]").first.wait_for(state="detached")
        await self.page.keyboard.press("Enter")

    @asynccontextmanager
    async def another_answer(self) -> AsyncIterator[None]:
        """Around what asks anew, when the last answer is over, until the new one is."""
        turn = self.page.locator(f"{LAST}[aria-busy=false] .meta > button")
        before = await turn.inner_text(timeout=LIMIT_MS)
        yield
        await turn.filter(has_not_text=re.compile(f"^{before}$")).wait_for(timeout=LIMIT_MS)

    async def sees(self, text: str, within: str = "body") -> None:
        """Wait until the page shows it."""
        found = self.page.locator(within).filter(has_text=re.compile(re.escape(text)))
        await found.first.wait_for(timeout=LIMIT_MS)

    async def press(self, key: str) -> None:
        """A key outside of every text field."""
        await self.page.locator("#log").focus()
        await self.page.keyboard.press(key)

    async def axe(self, within: str = "html") -> list[tuple[str, str]]:
        """What axe-core finds in light and dark as the page stands, each with an element."""
        axe = pytest.importorskip("axe_playwright_python.base")
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(axe.AXE_SCRIPT)
        found = []
        for scheme, options in AXE_OPTIONS.items():
            await self.page.emulate_media(color_scheme=scheme)
            found += await self.page.evaluate(RUN_AXE, [within, options])
        return found

    def refusals_were_meant(self) -> None:
        """Forget that the browser reported requests of which the server said why not."""
        self.reported[:] = [each for each in self.reported if "status of 400" not in each]

    def nothing_went_wrong(self) -> None:
        """No error, no breach of the policy, no request to another host so far."""
        foreign = [each for each in self.asked_for if not each.startswith((self.url, "data:"))]
        assert (foreign, self.reported) == ([], []), (foreign, self.reported)


@asynccontextmanager
async def page_at(url: str, folder: Path) -> AsyncIterator[Open]:
    """The page of a `poe dev` that serves that folder there."""
    # Here, for each of xdist's workers imports this file, and one opens the page.
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not here")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        found = await tab_at(context, url, folder)
        await found.sees("generation 1 answers")
        yield found
        await browser.close()


async def tab_at(context: Any, url: str, folder: Path) -> Open:
    """One more page in a browser."""
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    found = Open(page, url, folder)
    page.on("console", lambda message: found.reported.append(message.text))
    page.on("pageerror", lambda error: found.reported.append(str(error)))
    page.on("request", lambda request: found.asked_for.append(request.url))
    await page.goto(url)
    return found


@asynccontextmanager
async def opened_page(folder: Path, bot: str = BOT) -> AsyncIterator[Open]:
    """The page of a `poe dev` in that folder."""
    async with served(folder, bot) as (url, _), page_at(url, folder) as found:
        yield found
