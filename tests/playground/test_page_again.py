"""Saves while the page is open: its place, again on save, a replay; by keyboard in a browser."""

from __future__ import annotations

import pytest

from tests.needs import needs
from tests.playground.bots import BOT, write
from tests.playground.browser import LAST, Open

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("nothing_reported"),
    needs("chromium"),
]


def save(opened: Open, said: str) -> None:
    write(opened.folder, BOT.replace("said: ", said))


PLACE = """() => [
    document.activeElement.id,
    document.querySelector("#question").value,
    document.querySelector("#log").scrollTop,
    document.querySelector("#turns [aria-current]").textContent,
    [...document.querySelectorAll("#controls input")].map((each) => each.value),
]"""


async def test_a_save_leaves_the_page_at_its_place(opened: Open) -> None:
    """What is typed, scrolled to, opened and set."""
    page = opened.page
    for text in ("first", "states", "last"):
        await opened.ask(text)
        await opened.sees(f"{text}", "#turns")
        await page.locator("#stop").wait_for(state="hidden")
    await page.get_by_label("Title").fill("mine")
    await opened.press("[")
    await page.locator("#log").evaluate("log => log.scrollTo(0, 0)")
    await page.locator("#question").fill("a draft")
    before = await page.evaluate(PLACE)
    save(opened, "wrote: ")
    await opened.sees("generation 2 answers")
    assert await page.evaluate(PLACE) == before
    assert before[:2] == ["question", "a draft"]
    await page.locator("#question").fill("")


async def test_a_broken_save_lies_over_the_page_until_the_next_good_one(opened: Open) -> None:
    write(opened.folder, BOT + "def broken():\n    return Atlantis\n\nbroken()\n")
    await opened.sees("generation 2 goes on answering.".capitalize(), "#banner")
    await opened.sees("in broken", "#banner pre")
    await opened.sees('main.py", line', "#banner pre")
    await opened.ask("still")
    await opened.sees("wrote: still", LAST)
    assert await opened.axe("#banner") == []
    save(opened, "wrote: ")
    await opened.page.locator("#banner").wait_for(state="hidden")


async def test_a_asks_again_at_each_save_and_shows_what_changed(opened: Open) -> None:
    await opened.ask("hi")
    await opened.sees("wrote: hi", LAST)
    await opened.press("a")
    await opened.sees("Asks again at the next save.", "#again")
    save(opened, "told: ")
    await opened.sees("wrote", "#again del")
    await opened.sees("told", "#again ins")
    await opened.sees("wrote: hi", LAST)
    assert await opened.page.locator("#announce").inner_text() == "Asked again. What changed: text."


@pytest.mark.parametrize("width", [360, 1440])
async def test_axe_finds_nothing_at_what_changed(opened: Open, width: int) -> None:
    page = opened.page
    await page.set_viewport_size({"width": width, "height": 900})
    assert await opened.axe() == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_k_keeps_the_new_answer(opened: Open) -> None:
    await opened.press("k")
    await opened.sees("Asks again at the next save.", "#again")
    save(opened, "spoke: ")
    await opened.sees("told", "#again del")


async def test_frozen_answers_of_other_bots_are_the_same_at_each_save(opened: Open) -> None:
    page = opened.page
    await opened.ask("call")
    await opened.sees("This is what", LAST)
    save(opened, "wrote: ")
    await opened.sees("Change", "#again .facts")
    await opened.sees("GPT-4o frozen", "#waterfall")
    assert await page.locator("#again del, #again .ways").count() == 0
    await page.locator("#again-frozen").press("Space")
    save(opened, "told: ")
    await opened.sees("GPT-4o mock", "#waterfall")


async def test_a_once_more_ends_it(opened: Open) -> None:
    await opened.press("a")
    await opened.page.locator("#again").wait_for(state="hidden")


async def test_p_replays_the_turn_that_is_shown(opened: Open) -> None:
    await opened.press("p")
    await opened.sees("Replay, upstream frozen", "#again")
    await opened.sees("asked once more", "#again")
    await opened.sees("same", "#again .facts")
    assert await opened.axe("#again") == []
    await opened.page.locator("#again-close").press("Enter")
    await opened.page.locator("#again").wait_for(state="hidden")
