"""All seven examples of Poe's guide and all templates, asked through the page in a browser.

    python -m tests.readme.asked_on_page [NAME …]

A row is a question: of a template those of its template.toml, of the guide's examples "hi". It is
answered when the page says so and the turn holds what is expected. Of `parameter-controls` every
control is moved besides, and must arrive. Some three minutes; needs chromium and no network.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from poecli.protocol.events import event_from_frame
from poecli.protocol.reply import Reply
from poecli.protocol.settings import SettingsResponse, controls_of
from poecli.protocol.sse import Frame
from poecli.scaffold.catalog import all_templates
from tests.emulator.test_guide import examples as guide_examples
from tests.playground.browser import FLAGS, LIMIT_MS
from tests.poe import dev
from tests.scaffolds.served import create, examples, make_file, model_server

CONTROLS = "parameter-controls"
ATTACHED = {"PDFSizeBot": ["twelve-pages.pdf"]}  # it says nothing where there is no PDF
# Moves whatever can be moved; a control may show others, so it is called until all were touched.
_MOVE = """() => {
  let moved = 0;
  const kinds = ["input", "select", "textarea"].map((kind) => `#controls ${kind}`);
  for (const each of document.querySelectorAll(kinds.join())) {
    if (each.dataset.moved) continue;
    each.dataset.moved = "yes";
    moved += 1;
    if (each.type === "checkbox" || each.type === "radio") { each.click(); continue; }
    if (each.tagName === "SELECT") each.selectedIndex = each.options.length - 1;
    else if (each.type === "range" || each.type === "number") each.stepUp();
    else each.value = "moved";
    for (const kind of ["input", "change"]) each.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  return moved;
}"""


@asynccontextmanager
async def page_of(browser: Browser, folder: Path) -> AsyncIterator[tuple[Page, dict[str, Any]]]:
    """The page of a `poe dev` in that folder, and what is ready there."""
    async with dev(folder) as poe:
        ready = await poe.line("ready")
        page = await browser.new_page()
        page.set_default_timeout(LIMIT_MS)
        await page.goto(ready["playground"])
        await page.get_by_text("generation 1 answers").wait_for()
        yield page, ready
        await page.close()


async def ask(page: Page, text: str) -> dict[str, Any]:
    """The whole turn of a question that is typed and sent."""
    bots = await page.locator("article.bot").count()
    async with page.expect_response(lambda answer: answer.url.endswith("/messages")) as sent:
        await page.locator("#question").fill(text)
        await page.keyboard.press("Enter")
    answer = (await (await sent.value).json())["id"]
    await page.locator("article.bot:not(.running)").nth(bots).wait_for(timeout=60_000)
    found = await page.request.get(page.url + f"api/v1/turns/{answer}")
    turn: dict[str, Any] = await found.json()
    return turn


def text_of(turn: dict[str, Any]) -> str:
    """What the answer says, files and errors named."""
    if "events" not in turn:
        return f"error: {turn['error']}"
    reply = Reply()
    for event in turn["events"]:
        reply.feed(event_from_frame(Frame(event["event"], event["data"])))
    files = [f"[{file.name}]" for file in reply.files]
    return " ".join([reply.text, *files, *([f"error: {reply.error.text}"] if reply.error else [])])


def row(bot: str, question: str, good: bool, shown: str) -> bool:
    """Print one; whether it was as it should be."""
    one_line = " ".join(shown.split())[:44]
    sys.stdout.write(f"{bot:<26}{question[:24]:<26}{'ok' if good else 'NOT':<5}{one_line}\n")
    sys.stdout.flush()
    return good


async def template(browser: Browser, name: str, folder: Path) -> list[bool]:
    """Every question of a template, but those of a URL's query or of moved parameters."""
    project = create(name, folder)
    found = []
    async with page_of(browser, project) as (page, ready):
        bots = {bot["path"]: bot["name"] for bot in ready["bots"]}
        for example in examples(name):
            if "say" not in example or "url_query" in example or "parameters" in example:
                continue
            if not example.get("goes_on"):
                await page.locator("#new-chat").click()
                await page.locator("article").first.wait_for(state="detached")
            if "path" in example:
                await page.locator("#bot").select_option(bots[example["path"]])
            await attach(page, [make_file(folder / each) for each in example.get("attach", ())])
            text = text_of(await ask(page, example["say"]))
            found.append(row(name, example["say"], example.get("expect", "") in text, text))
        if name == CONTROLS:
            found.append(await every_control(page, ready["bots"][0]["settings"]))
    return found


async def attach(page: Page, files: Sequence[Path]) -> None:
    """Choose files, and wait until they are listed."""
    if files:
        await page.locator("#file").set_input_files([str(file) for file in files])
        await page.locator("#files li").nth(len(files) - 1).wait_for()


async def every_control(page: Page, settings: dict[str, Any]) -> bool:
    """Move all there are; all must arrive."""
    await page.locator("#parameters").evaluate("each => { each.open = true; }")
    while await page.evaluate(_MOVE):
        pass
    sent = (await ask(page, "Go."))["request"]["query"][-1]["parameters"]
    controls = controls_of(SettingsResponse.model_validate(settings).parameter_controls)
    missing = sorted({each.parameter_name for each in controls} - set(sent))
    return row(CONTROLS, "every control", not missing, f"missing {missing}, {len(sent)} arrived")


async def of_the_guide(browser: Browser, name: str, folder: Path) -> list[bool]:
    """One example of the guide, as it stands there, with an access key."""
    source = guide_examples()[name].replace("<put your access key here>", "k" * 32)
    (folder / "main.py").write_text(source, encoding="utf-8")
    async with page_of(browser, folder) as (page, _):
        await attach(page, [make_file(folder / each) for each in ATTACHED.get(name, ())])
        turn = await ask(page, "hi")
    text = text_of(turn)
    return [row(name, "hi", "events" in turn and bool(text.strip()), text)]


async def main(wanted: list[str]) -> int:
    """All of them; 1 where one was not as it should be."""
    good: list[bool] = []
    asks = dict.fromkeys(guide_examples(), of_the_guide)
    asks |= dict.fromkeys((each.name for each in all_templates()), template)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name in wanted or asks:
            with tempfile.TemporaryDirectory() as folder:
                good += await asks[name](browser, name, Path(folder))
        await browser.close()
    sys.stdout.write(f"{sum(good)} of {len(good)}\n")
    return 0 if all(good) else 1


if __name__ == "__main__":
    with model_server() as model:
        os.environ["LLM_BASE_URL"] = model
        code = asyncio.run(main(sys.argv[1:]))
    sys.exit(code)
