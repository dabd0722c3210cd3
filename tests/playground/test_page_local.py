"""The local Poe on the page, looked at and set by keyboard in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from poecli.poe_pages import API_URL
from poecli.settings_sync.drift import Lock
from tests.needs import needs
from tests.playground.bots import BOT, write
from tests.playground.browser import LAST, Open, opened_page

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("nothing_reported"),
    needs("chromium"),
]
ROW = "#local .ups li"  # there is one: GPT-4o, which the settings declare


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    async with opened_page(tmp_path_factory.mktemp("project")) as found:
        await found.press("l")  # in a window this low it begins folded
        yield found


async def test_a_declared_bot_is_there_before_any_call(opened: Open) -> None:
    await opened.sees("GPT-4o", ROW)
    await opened.sees("0 calls", ROW)
    assert await opened.page.get_by_role("radio", name="mock").is_checked()


async def test_it_folds_and_l_unfolds_it(opened: Open) -> None:
    await opened.page.get_by_role("button", name="Local Poe", exact=True).focus()
    await opened.page.keyboard.press("Enter")
    await opened.page.locator("#local-body").wait_for(state="hidden")
    await opened.press("l")
    assert await opened.page.locator("#local-body:focus").count() == 1


async def test_a_call_is_counted_with_its_answer(opened: Open) -> None:
    await opened.ask("call")
    await opened.sees("1 call", ROW)
    await opened.sees("This is what", ROW)


async def test_delay_is_typed_and_holds(opened: Open) -> None:
    await opened.page.get_by_label("Delay").fill("0.01")
    await opened.page.keyboard.press("Enter")
    await opened.page.locator("#local .head button[title='bots GPT-4o']").wait_for()
    assert await opened.page.get_by_label("Delay").input_value() == "0.01"


async def test_pace_is_typed_and_holds(opened: Open) -> None:
    await opened.page.get_by_role("textbox", name="Pace").fill("0.02")
    await opened.page.keyboard.press("Enter")
    await opened.sees("1 call", ROW)
    assert await opened.page.get_by_role("textbox", name="Pace").input_value() == "0.02"


async def test_a_bar_has_the_colour_and_the_name_of_its_mode_alone(opened: Open) -> None:
    """Of `mock,delay=0.01,pace=0.02` the first word."""
    await opened.ask("call")
    await opened.sees("2 calls", ROW)
    assert await opened.page.locator("#waterfall tr.mock .mode.mock").inner_text() == "mock"


async def test_an_arrow_from_mock_to_script_opens_the_answer_to_edit(opened: Open) -> None:
    page = opened.page
    await page.get_by_role("radio", name="mock").focus()
    await page.keyboard.press("ArrowRight")
    editor = page.get_by_label("Script of GPT-4o")
    await page.locator("#local textarea:focus").wait_for()
    assert "[[answer]]" in await editor.input_value()
    assert await opened.axe("#local") == []
    await editor.fill('[[answer]]\nsay = "scripted"\n')
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await editor.wait_for(state="hidden")
    await opened.ask("call")
    await opened.sees("scripted", LAST)


async def test_a_fault_is_switched_by_space(opened: Open) -> None:
    switch = opened.page.get_by_label("rate-limit", exact=True)
    await switch.focus()
    await opened.page.keyboard.press("Space")
    await opened.sees("1 fault on", "#local .head")
    await opened.page.get_by_label("Share of calls that rate-limit strikes").fill("0.5")
    assert await opened.axe("#local") == []
    await switch.press("Space")
    await opened.sees("1 bot, 333,334 points", "#local .head")


async def test_the_balance_is_typed(opened: Open) -> None:
    await opened.page.get_by_label("Users have").fill("300")
    await opened.page.keyboard.press("Enter")
    await opened.sees("about 100 points", "#local")


async def test_what_was_changed_is_written_to_poe_toml(opened: Open) -> None:
    await opened.page.get_by_role("button", name="Write to poe.toml").focus()
    await opened.page.keyboard.press("Enter")
    await opened.sees("Written: scripts/GPT-4o.toml, poe.toml", "#announce")
    written = (opened.folder / "poe.toml").read_text(encoding="utf-8")
    assert '"GPT-4o" = "script:scripts/GPT-4o.toml,delay=0.01,pace=0.02"' in written


async def test_what_can_not_be_set_says_why_and_leaves_the_choice(opened: Open) -> None:
    await opened.page.get_by_role("radio", name="script").focus()
    await opened.page.keyboard.press("ArrowRight")
    await opened.sees("Record it first", ROW)
    assert await opened.axe("#local") == []
    file = opened.page.get_by_role("textbox", name="File")
    assert await file.input_value() == "GPT-4o.jsonl"
    opened.refusals_were_meant()


async def test_a_name_is_suggested_and_taken_by_keyboard(opened: Open) -> None:
    page = opened.page
    await page.locator("#question").fill("")
    await page.locator("#question").focus()
    await page.keyboard.type("@")
    await opened.sees("script:scripts/GPT-4o.toml,delay=0.01,pace=0.02, local Poe", "#mention")
    assert await opened.axe("#composer") == []
    await page.keyboard.press("ArrowDown")
    chosen = page.locator("#mention [aria-selected='true']")
    name = await page.locator("#question").get_attribute("aria-activedescendant")
    assert await chosen.get_attribute("id") == name
    assert "GPT-4o" in await chosen.inner_text()
    await page.keyboard.press("Enter")
    assert await page.locator("#question").input_value() == "@GPT-4o "
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await opened.sees("scripted", f"{LAST}[aria-label='GPT-4o']")


async def test_a_name_within_a_question_is_suggested_and_asked(opened: Open) -> None:
    await opened.page.locator("#question").focus()
    await opened.page.keyboard.type("please @gpt")
    await opened.sees("local Poe", "#mention")
    await opened.page.keyboard.press("Tab")
    await opened.page.keyboard.type("and no other")
    await opened.page.keyboard.press("Enter")
    await opened.sees("please @GPT-4o and no other", "article.user")
    await opened.sees("scripted", f"{LAST}[aria-label='GPT-4o']")


async def test_esc_takes_suggestions_away(opened: Open) -> None:
    await opened.page.locator("#question").focus()
    await opened.page.keyboard.type("@sh")
    await opened.sees("this project", "#mention")
    await opened.page.keyboard.press("Escape")
    await opened.page.locator("#mention").wait_for(state="hidden")
    await opened.page.locator("#question").fill("")


async def test_what_it_costs_is_said_before_and_after(opened: Open) -> None:
    await opened.sees("~10 a message", "#prices")
    await opened.page.locator("#prices summary").focus()
    await opened.page.keyboard.press("Enter")
    await opened.page.locator("#prices td", has_text="~10").wait_for()
    await opened.ask("pay")
    await opened.sees("cost about 10 points", LAST)


async def test_a_reaction_reaches_the_bot(opened: Open) -> None:
    page = opened.page
    await page.locator("article.bot").last.locator(".reactions summary").focus()
    await page.keyboard.press("Enter")
    like = page.locator("article.bot").last.get_by_role("button", name="like").first
    await like.focus()
    await page.keyboard.press("Space")
    await opened.sees("report_reaction sent: like. The bot answered 200.", LAST)
    assert await like.get_attribute("aria-pressed") == "true"


async def test_feedback_of_the_older_form_reaches_the_bot(opened: Open) -> None:
    last = opened.page.locator("article.bot").last
    await last.get_by_role("button", name="dislike").last.press("Enter")
    await opened.sees("report_feedback sent: dislike. The bot answered 200.", ".reactions")


async def test_a_parameter_is_read_from_the_question_when_the_switch_says_so(opened: Open) -> None:
    await opened.page.locator("#text-params").focus()
    await opened.page.keyboard.press("Space")
    await opened.ask("parameters --title B")
    await opened.sees("[('title', 'B')]", LAST)


async def test_a_question_that_was_refused_can_be_sent_again(opened: Open) -> None:
    data = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"some notes"}
    await opened.page.locator("#file").set_input_files(files=[data])
    await opened.sees("a.txt", "#files")
    await opened.ask("parameters --size 99")
    await opened.sees("must be between 1 and 9", "#refused")
    assert await opened.axe("#composer") == []
    assert await opened.page.locator("#question").input_value() == "parameters --size 99"
    await opened.sees("a.txt", "#files")
    opened.refusals_were_meant()


async def test_settings_are_told_with_what_poe_acts_on(opened: Open) -> None:
    await opened.page.locator(".settings summary").focus()
    await opened.page.keyboard.press("Enter")
    await opened.sees("never synced from here", ".settings")
    await opened.sees("expand_text_attachments", ".settings")
    await opened.sees("declared a message", ".settings")
    assert await opened.axe() == []


async def test_what_differs_from_the_last_sync_is_marked(opened: Open) -> None:
    name = await opened.page.locator("#bot-name").inner_text()
    synced = {"introduction_message": "Ask anything else."}
    Lock(opened.folder / "poe.lock.json", {}).recording(API_URL, name, synced).write()
    await opened.page.locator(".settings summary").press("Enter")
    await opened.page.locator(".settings summary").press("Enter")
    await opened.sees("differ from the last sync", ".settings")
    await opened.sees("Ask anything else.", ".drift del")
    await opened.sees("Ask **anything**.", ".drift ins")
    assert await opened.axe("#local") == []


async def test_that_calls_leave_the_machine_stands_at_the_top(opened: Open) -> None:
    """While a bot is recorded or live; off, none does."""
    await opened.page.get_by_role("radio", name="replay").press("ArrowRight")
    await opened.sees("1 bot live: calls leave this machine", ".top")
    await opened.page.get_by_role("radio", name="record").press("ArrowRight")
    await opened.page.get_by_role("radio", name="live").press("ArrowRight")
    await opened.page.locator(".leaves:empty").wait_for(state="attached")
    assert await opened.page.get_by_role("radio", name="off").is_checked()


async def test_on_a_phone_it_is_a_sheet_that_axe_finds_nothing_in(opened: Open) -> None:
    await opened.page.set_viewport_size({"width": 360, "height": 800})
    await opened.page.get_by_role("button", name="Local Poe").last.focus()
    await opened.page.keyboard.press("Enter")
    await opened.page.locator("#local.open").wait_for()
    assert await opened.axe() == []
    assert await opened.page.evaluate("document.documentElement.scrollWidth") <= 360
    await opened.page.get_by_role("button", name="Close local Poe").focus()
    await opened.page.keyboard.press("Enter")
    await opened.page.locator("#local.open").wait_for(state="hidden")


async def test_a_file_that_the_settings_refuse_is_not_attached(opened: Open) -> None:
    write(opened.folder, BOT.replace("allow_attachments=True", "allow_attachments=False"))
    await opened.sees("generation 2 answers", "#generation")
    data = {"name": "no.txt", "mimeType": "text/plain", "buffer": b"some notes"}
    await opened.page.locator("#file").set_input_files(files=[data])
    await opened.sees("no.txt is not attached: by its settings the bot takes no files", "#refused")


async def test_in_a_wide_window_it_is_a_column_with_a_width_of_its_own(opened: Open) -> None:
    page = opened.page
    await page.set_viewport_size({"width": 1920, "height": 900})
    await page.get_by_role("separator", name="Width: Local Poe").press("ArrowLeft")
    assert await page.locator("#local").evaluate("area => area.offsetWidth") == 388 + 16
    await page.set_viewport_size({"width": 1440, "height": 900})
    assert await page.get_by_role("separator").count() == 2
