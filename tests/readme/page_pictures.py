"""Take the README's pictures of the playground from a real run, for light and dark pages.

python -m tests.readme.page_pictures
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.playground.browser import FLAGS
from tests.poe import dev
from tests.scaffolds.served import create

HERE = Path(__file__).resolve().parent
THEMES = ("light", "dark")
TEMPLATE = "parallel"
SLOW = "mock,delay=0.4,pace=0.05"
QUESTIONS = ("Who are you?", "What is a **server bot**?")
LARGEST_BYTES = 200_000


async def main() -> None:
    """Ask, and take one picture for each theme."""
    with tempfile.TemporaryDirectory() as folder:
        project = create(TEMPLATE, Path(folder))
        flags = [f"--bot={name}={SLOW}" for name in ("Claude-Instant", "GPT-3.5-Turbo")]
        async with dev(project, *flags) as poe, async_playwright() as driver:
            ready = await poe.line("ready")
            browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = await browser.new_page(viewport={"width": 1440, "height": 820})
            await page.goto(ready["playground"])
            await page.get_by_text("generation 1 answers").wait_for()
            for number, question in enumerate(QUESTIONS):
                await page.locator("#question").fill(question)
                await page.keyboard.press("Enter")
                await page.locator("article.bot:not(.running)").nth(number).wait_for()
            await page.locator("#wire .events").wait_for()
            await page.evaluate("() => document.activeElement.blur()")
            for theme in THEMES:
                await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                picture = await page.screenshot(path=HERE / f"playground-{theme}.png")
                assert len(picture) < LARGEST_BYTES, len(picture)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
