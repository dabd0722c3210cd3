"""What a person does on the page, in a real browser, by keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from poecli.client.address import BotAddress
from poecli.local.attached import AttachOptions, attached_bot
from poecli.turns.reading import last_turns
from tests.needs import needs
from tests.playground.bots import BOT, write
from tests.playground.browser import LAST, Open, tab_at

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("nothing_reported"),
    needs("chromium"),
]
# Until the page has taken in what it was sent.
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


async def test_the_introduction_is_there_before_any_turn(opened: Open) -> None:
    await opened.sees("Ask anything.", "#introduction")
    assert await opened.axe() == []
    await opened.sees("No turn yet: ask below")


async def test_a_question_typed_and_sent_by_enter_is_answered(opened: Open) -> None:
    await opened.ask("hello")
    await opened.sees("said: hello", "article.bot")
    await opened.sees("hello", "#turns")
    await opened.sees("text", "#wire")


async def test_a_turn_says_what_it_is_called_in_poe_turns(opened: Open) -> None:
    [turn] = last_turns(opened.folder, 1)
    await opened.sees(f"kept as {turn.number}", "#turn-when")
    await opened.press("y")
    await opened.sees(f"poe turns show {turn.number} --json", "#palette-list")
    await opened.page.keyboard.press("Escape")


async def test_markdown_ends_as_elements_and_no_html_of_the_bots_own(opened: Open) -> None:
    await opened.ask("markdown")
    await opened.sees("picture from evil.example", f"{LAST} button.picture")
    page = opened.page
    last = page.locator("article.bot").last
    assert await last.locator("h3").inner_text() == "Head"
    assert await last.locator("td.a-r").inner_text() == "2"
    assert await last.locator("pre .k").first.inner_text() == "def"
    assert await last.locator("li").count() == 2
    assert await page.evaluate("window.ran") is None


async def test_a_replaced_answer_shows_the_new_text_only(opened: Open) -> None:
    await opened.ask("replace")
    await opened.sees("the answer", f"{LAST} em, {LAST} p")
    assert "thinking" not in await opened.page.locator("article.bot").last.inner_text()


async def test_a_suggested_reply_is_asked_by_its_button(opened: Open) -> None:
    await opened.ask("replies")
    button = opened.page.get_by_role("button", name="say yes")
    await opened.sees("suggested-replies-ignored", "#notes")
    await opened.sees("Fix:", "#notes")
    assert await opened.axe(LAST) == []
    await button.last.focus()
    await opened.page.keyboard.press("Enter")
    await opened.sees("said: say yes", "article.bot")


async def test_a_touched_parameter_is_sent_and_no_other(opened: Open) -> None:
    page = opened.page
    await page.get_by_label("Title").fill("A")
    await page.get_by_label("Units").select_option("Fahrenheit")
    await page.get_by_label("Size").focus()
    await page.keyboard.press("ArrowRight")
    await opened.ask("parameters")
    await opened.sees("[('size', 3), ('title', 'A'), ('units', 'f')]", "article.bot")


async def test_as_the_api_does_sends_none(opened: Open) -> None:
    await opened.page.locator("#as-the-api").press("Space")
    assert await opened.axe("#parameters") == []
    await opened.ask("parameters")
    await opened.sees("[]", LAST)
    await opened.page.locator("#as-the-api").press("Space")


async def test_a_condition_shows_its_control_and_hides_it(opened: Open) -> None:
    page = opened.page
    shout = page.get_by_label("Shout")
    assert not await shout.is_visible()
    await page.get_by_label("Loud").press("Space")
    await shout.fill("hey")
    assert await opened.axe("#parameters") == []
    await page.get_by_label("Loud").press("Space")
    await shout.wait_for(state="hidden")


async def test_what_was_touched_is_untouched_by_reset(opened: Open) -> None:
    page = opened.page
    await page.get_by_label("Title").fill("B")
    await page.get_by_role("button", name="Reset").press("Enter")
    await opened.sees("0 of 8 sent", "#parameters")
    assert await page.get_by_label("Title").input_value() == "none"


async def test_a_section_is_opened_and_each_of_its_tabs_is_sent(opened: Open) -> None:
    """Axe finds nothing with the focus in each control, touched."""
    page = opened.page
    assert not await page.get_by_label("Notes").is_visible()
    await page.locator("#controls summary", has_text="Print").press("Enter")
    await page.get_by_label("Notes").fill("all of it")
    assert await opened.axe("#parameters") == []
    await page.get_by_role("tab", name="Words").press("ArrowRight")
    await page.get_by_role("radio", name="a4").press("ArrowRight")
    assert await opened.axe("#parameters") == []
    await opened.ask("parameters")
    await opened.sees("[('format', '1:1'), ('notes', 'all of it')]", "article.bot")


async def test_a_file_chosen_by_the_button_goes_with_the_question(opened: Open) -> None:
    data = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"some notes"}
    async with opened.page.expect_file_chooser() as chooser:
        await opened.page.get_by_role("button", name="Attach a file").press("Enter")
    await (await chooser.value).set_files([data])
    await opened.sees("notes.txt", "#files")
    assert await opened.axe("#composer") == []
    await opened.ask("files")
    await opened.sees("notes.txt", LAST)


GIVES = """([kind, name]) => {
    const files = new DataTransfer();
    files.items.add(new File(["some notes"], name, { type: "text/plain" }));
    document.querySelector("#question").dispatchEvent(kind === "drop"
        ? new DragEvent(kind, { bubbles: true, dataTransfer: files })
        : new ClipboardEvent(kind, { bubbles: true, clipboardData: files }));
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
async def test_a_file_is_pasted_and_dropped(opened: Open, kind: str) -> None:
    await opened.page.evaluate(GIVES, [kind, f"{kind}.txt"])
    await opened.sees(f"{kind}.txt", "#files")
    await opened.page.get_by_role("button", name=f"Remove {kind}.txt").press("Enter")
    await opened.page.locator("#files").wait_for(state="hidden")


GAP = "log => log.scrollHeight - log.scrollTop - log.clientHeight"


async def test_the_end_is_followed_until_somebody_goes_up_and_a_button_leads_back(
    opened: Open,
) -> None:
    log, below = opened.page.locator("#log"), opened.page.get_by_text("New text below")
    await opened.ask("lines")
    await opened.sees("line 30", LAST)
    assert await log.evaluate(GAP) < 24
    await opened.press("PageUp")
    await below.wait_for()
    lines = opened.page.locator(f"{LAST} p")
    await lines.nth(await lines.count() + 25).wait_for()  # a page up takes its time
    left_at = await log.evaluate("log => log.scrollTop")
    await lines.nth(await lines.count() + 5).wait_for()
    assert await log.evaluate("log => log.scrollTop") == left_at
    await below.press("Enter")
    await below.wait_for(state="hidden")
    assert await log.evaluate(GAP) < 24


async def test_esc_stops_a_running_answer(opened: Open) -> None:
    assert await opened.axe("#chat") == []
    await opened.page.keyboard.press("Escape")
    await opened.sees("Stopped.", LAST)
    await opened.sees("stopped", "#turns")


async def test_up_in_an_empty_question_edits_the_last_one(opened: Open) -> None:
    page = opened.page
    await page.locator("#question").focus()
    await page.keyboard.press("ArrowUp")
    await opened.ask("instead")
    await opened.sees("said: instead", LAST)
    assert "slow" not in await page.locator("#messages").inner_text()


async def test_an_earlier_question_is_edited_and_what_came_after_it_goes(opened: Open) -> None:
    page = opened.page
    for text in ("first", "second"):
        await opened.ask(text)
        await opened.sees(f"said: {text}", LAST)
    await page.locator("article.user", has_text="first").get_by_role("button").press("Enter")
    await opened.sees("Sending replaces this question", "#edits")
    assert await opened.axe("#composer") == []
    await opened.ask("other")
    await opened.sees("said: other", LAST)
    said = await page.locator("#messages").inner_text()
    assert ("second" in said, "said: instead" in said) == (False, True)


async def test_retry_asks_a_question_again(opened: Open) -> None:
    retry = opened.page.locator("article.bot").last.get_by_role("button", name="Retry")
    async with opened.another_answer():
        await retry.press("Enter")
    await opened.sees("said: other", LAST)


async def test_r_asks_the_last_question_again(opened: Open) -> None:
    async with opened.another_answer():
        await opened.press("r")
    await opened.sees("said: other", LAST)


async def test_a_call_is_a_bar_with_its_mode_and_shows_what_was_sent(opened: Open) -> None:
    await opened.ask("call")
    await opened.sees("GPT-4o mock", "#waterfall")
    await opened.sees("about to call", "#waterfall")
    await opened.press("4")
    await opened.sees("Sent on as it came.", "#wire")
    await opened.press("1")


async def test_what_the_bot_raised_stands_beside_what_the_user_sees(opened: Open) -> None:
    await opened.ask("raise")
    await opened.sees("The user sees", LAST)
    await opened.sees("KeyError: 'Atlantis'", f"{LAST} .only")
    await opened.sees("main.py", f"{LAST} .only pre")
    await opened.sees("KeyError", "#notes")
    await opened.sees("main.py:", "#notes")


async def test_why_the_local_poe_refused_a_call_is_for_the_author(opened: Open) -> None:
    await opened.ask("undeclared")
    await opened.sees("server_bot_dependencies", f"{LAST} .only")
    await opened.sees("Fix:", f"{LAST} .only")


async def test_a_stall_names_its_line(opened: Open) -> None:
    await opened.ask("stall")
    await opened.sees("Stall", "#waterfall")
    await opened.sees("main.py:", "#notes")


async def test_question_mark_lists_the_keys_and_esc_closes_them(opened: Open) -> None:
    await opened.press("?")
    keys = opened.page.locator("#keys")
    await keys.wait_for()
    await opened.page.keyboard.press("Escape")
    await keys.wait_for(state="hidden")


async def test_a_picture_stands_where_the_text_names_it_and_a_file_is_a_card(opened: Open) -> None:
    await opened.ask("picture")
    await opened.sees("table.csv", f"{LAST} .file")
    last = opened.page.locator("article.bot").last
    await last.locator(".answer img").wait_for()
    assert "dot.png" not in await last.inner_text()
    await opened.sees("Files", "#waterfall")


async def test_a_picture_of_another_host_is_fetched_by_the_server_on_a_click(opened: Open) -> None:
    """This server's own is the one that may be asked on this machine."""
    await opened.ask(f"far {opened.url.removesuffix('/_poe/')}/dot.png")
    await opened.sees("picture from 127.0.0.1", f"{LAST}[aria-busy=false]")
    await opened.page.get_by_role("button", name="picture from 127.0.0.1").press("Enter")
    await opened.page.locator(f'{LAST} img[src^="data:image/png"]').wait_for()


async def test_a_picture_that_is_none_is_refused_with_the_reason(opened: Open) -> None:
    await opened.ask("far http://127.0.0.1:1/x.png")
    await opened.sees("picture from 127.0.0.1", f"{LAST}[aria-busy=false]")
    await opened.page.get_by_role("button", name="picture from 127.0.0.1").press("Enter")
    await opened.sees("is not on the public internet", LAST)
    opened.reported.clear()  # the browser reports each request that is refused


async def test_a_picture_asked_for_while_the_answer_goes_on_is_not_lost(opened: Open) -> None:
    await opened.ask(
        f"far {opened.url.removesuffix('/_poe/')}/dot.png?streamed goes on for a while"
    )
    await opened.page.locator('[data-src$="?streamed"]').dispatch_event("click")
    await opened.sees("on for a while", f"{LAST}[aria-busy=false]")
    await opened.page.locator(f'{LAST} img[src^="data:image/png"]').wait_for()


async def test_why_a_picture_is_refused_stays_while_the_answer_goes_on(opened: Open) -> None:
    await opened.ask("far http://127.0.0.1:1/x.png?streamed goes on for a while")
    await opened.page.locator('[data-src$="?streamed"]').dispatch_event("click")
    await opened.sees("on for a while", f"{LAST}[aria-busy=false]")
    await opened.sees("is not on the public internet", LAST)
    opened.reported.clear()  # the browser reports each request that is refused


async def test_code_is_copied_by_its_button(opened: Open) -> None:
    page = opened.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.locator(".code-head button").last.press("Enter")
    await opened.sees("Copied", "#announce")
    assert "return 1" in await page.evaluate("navigator.clipboard.readText()")
    await page.get_by_role("button", name="Copy this answer").first.press("Enter")
    await opened.sees("Copied: the answer", "#announce")


async def test_the_limits_are_gauges(opened: Open) -> None:
    await opened.sees("of 10,000", "#gauges")
    await opened.sees("of 100,000", "#gauges")


async def test_a_turn_that_waits_shows_its_age_and_its_limit(opened: Open) -> None:
    await opened.ask("stall")
    await opened.sees("no event yet, 5 s is the limit", "#waits")
    assert await opened.axe("#waits") == []
    await opened.sees("awake", LAST)
    await opened.page.locator("#waits").wait_for(state="hidden")


async def test_runs_of_events_are_opened_on_demand_and_each_one_as_json(opened: Open) -> None:
    await opened.ask("states")
    run = opened.page.locator("#wire summary", has_text=re.compile(r"text . 150"))
    await run.focus()
    await opened.page.keyboard.press("ArrowRight")
    await opened.page.get_by_role("button", name="50 more").press("Enter")
    await opened.page.locator("#wire details details summary").first.press("Enter")
    await opened.sees('"text": "0 "', "#wire pre")
    assert await opened.axe("#wire") == []
    await run.press("ArrowLeft")
    await opened.page.locator("#wire details details").first.wait_for(state="detached")


async def test_a_tick_of_the_axis_stands_where_it_says(opened: Open) -> None:
    said = await opened.page.evaluate("""async () => {
        const { waterfall } = await import("/_poe/page/waterfall.js");
        const none = { kind: "query", ticks: [], calls: [], notes: [], events: 0, characters: 0 };
        const { axis } = waterfall({ ...none, first_ms: 1, total_ms: 9.8 }, null);
        return [...axis.children].map((each) => each.textContent);
    }""")
    assert said == ["0", "2.5 ms", "5 ms", "7.5 ms", "10 ms"]


async def test_an_answer_is_played_back_at_its_own_pace(opened: Open) -> None:
    await opened.page.get_by_role("button", name="Play at its own pace").press("Enter")
    await opened.sees("state 1", ".played")
    assert await opened.axe(".played") == []
    await opened.sees("state 20 1 2", ".played")


async def test_the_prompt_received_stands_beside_the_one_sent_on(opened: Open) -> None:
    await opened.ask("rewrite")
    await opened.sees("rewritten", LAST)
    await opened.press("4")
    await opened.sees("rewrite", "#wire del")
    await opened.sees("rewritten", "#wire ins")
    assert await opened.axe("#wire") == []
    await opened.press("1")


async def test_the_request_is_shown_as_it_came(opened: Open) -> None:
    await opened.press("2")
    await opened.sees("POST / HTTP/1.1", "#wire pre")
    await opened.sees("Host: 127.0.0.1:", "#wire pre")
    await opened.sees('"content":"rewrite"', "#wire pre")
    assert await opened.axe("#wire") == []
    await opened.press("1")


COPIED = [
    ("curl", '-H "Authorization: Bearer $POE_ACCESS_KEY"'),
    ("json", '"events": ['),
    ("test", 'user = "rewrite"'),
]


@pytest.mark.parametrize(("name", "text"), COPIED)
async def test_a_turn_is_copied_as(opened: Open, name: str, text: str) -> None:
    page = opened.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await opened.press("y")
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")
    await opened.sees("Copied", "#announce")
    assert text in await page.evaluate("navigator.clipboard.readText()")
    await page.evaluate("document.querySelector('#announce').textContent = ''")


async def test_the_palette_finds_a_command_and_enter_runs_it(opened: Open) -> None:
    await opened.page.locator("#question").focus()
    await opened.page.keyboard.press("Control+k")
    await opened.page.keyboard.type("raw answer")
    await opened.page.keyboard.press("Enter")
    tab = opened.page.get_by_role("tab", name="Raw answer", selected=True)
    await tab.wait_for()
    await opened.sees("event: done", "#wire pre")
    assert await opened.axe("#wire") == []
    await opened.press("1")


async def test_the_palette_shows_a_turn_by_its_question(opened: Open) -> None:
    await opened.press("Control+k")
    await opened.page.keyboard.type("turn hello")
    await opened.page.keyboard.press("Enter")
    await opened.sees("hello", "#turns [aria-current]")


async def test_turns_are_searched_and_stepped_through(opened: Open) -> None:
    page = opened.page
    await opened.press("/")
    await page.keyboard.type("rewrite")
    await page.locator("#turns li:only-child").wait_for()
    await page.locator("#search").fill("nothing such")
    await opened.sees("Nothing holds “nothing such”.", "#no-turns")
    await page.locator("#search").fill("")
    now = page.locator("#turns [aria-current]")
    before = await now.text_content()
    await opened.press("]")
    assert await now.text_content() != before
    await opened.press("[")
    assert await now.text_content() == before


async def test_c_and_the_first_link_go_to_the_question(opened: Open) -> None:
    question = opened.page.locator("#question:focus")
    await opened.press("c")
    await question.wait_for()
    await opened.page.get_by_role("link", name="Skip to the composer").press("Enter")
    await question.wait_for()


MOVES = """() => [...document.querySelectorAll("*")].filter((each) => ["", "::before", "::after"]
    .some((part) => getComputedStyle(each, part).transitionDuration !== "0s")).length"""


async def test_nothing_moves_for_those_who_ask_for_that(opened: Open) -> None:
    moving = []
    for motion in ("no-preference", "reduce"):
        await opened.page.emulate_media(reduced_motion=motion)
        moving.append(await opened.page.evaluate(MOVES) > 0)
    assert moving == [True, False]


async def test_light_and_dark_are_switched(opened: Open) -> None:
    for theme in ("dark", "light"):
        await opened.page.locator("#theme").press("Enter")
        assert await opened.page.evaluate("document.documentElement.dataset.theme") == theme
    await opened.page.evaluate("delete document.documentElement.dataset.theme")


WIDTHS = """async (separators) => {
    const shown = separators.filter((each) => each.checkVisibility());
    // They hear of sizes once a frame, after its layout.
    await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
    return shown.map((each) =>
        [each.ariaControlsElements[0].offsetWidth, +each.ariaValueNow, +each.ariaValueMin]);
}"""


async def widths(opened: Open) -> list[int]:
    """Of the turns and of the turn that is shown, as they are and as their separators say."""
    found = await opened.page.locator(".separator").evaluate_all(WIDTHS)
    assert [(now, least) for _, now, least in found] == [(found[0][0], 160), (found[1][0], 480)]
    return [now for now, *_ in found]


async def test_a_column_is_widened_by_arrows_and_home_resets_it(opened: Open) -> None:
    page = opened.page
    before = await widths(opened)
    await page.get_by_role("separator", name="Width: Turns").press("ArrowRight")
    rail, turn = await widths(opened)
    assert rail == before[0] + 16
    assert await opened.axe("#columns") == []
    await page.get_by_role("separator", name="Width: Turn", exact=True).press("ArrowRight")
    assert await widths(opened) == [rail, turn - 16]
    await page.keyboard.press("Home")
    await page.get_by_role("separator", name="Width: Turns").press("Home")
    assert await widths(opened) == before


async def test_a_column_is_dragged_stays_so_after_a_reload_and_a_double_click_resets_it(
    opened: Open,
) -> None:
    page = opened.page
    before = await widths(opened)
    separator = page.get_by_role("separator", name="Width: Turns")
    await separator.hover()
    await page.mouse.down()
    await page.mouse.move(20, 400)
    assert (await widths(opened))[0] == 160
    await page.mouse.move(300, 400)
    await page.mouse.up()
    await page.mouse.move(500, 400)
    assert (await widths(opened))[0] == 300
    await page.reload()
    await opened.sees("generation 1 answers")
    assert (await widths(opened))[0] == 300
    await separator.dblclick()
    assert await widths(opened) == before


async def test_single_keys_can_be_turned_off(opened: Open) -> None:
    for state in ("off", "on"):
        await opened.press("Control+k")
        await opened.page.keyboard.type(f"single keys {state}")
        await opened.page.keyboard.press("Enter")
        await opened.press("?")
        assert await opened.page.locator("#keys").is_visible() == (state == "on")
    await opened.page.keyboard.press("Escape")


async def test_a_broken_save_is_told_and_the_last_good_one_answers(opened: Open) -> None:
    write(opened.folder, BOT + "x = (\n")
    await opened.sees("The last save did not load.", "#banner")
    await opened.ask("still there")
    await opened.sees("said: still there", LAST)
    write(opened.folder, BOT.replace("said: ", "new: "))
    await opened.page.locator("#banner").wait_for(state="hidden")
    await opened.ask("and now")
    await opened.sees("new: and now", LAST)


async def test_axe_finds_nothing_in_answers_of_every_kind(opened: Open) -> None:
    """Code, calls, what was raised, pictures, files; below them the waterfall and the limits."""
    assert await opened.page.locator("article.bot").count() > len(COPIED)
    assert await opened.axe() == []


JUMPS = """log => {
    let before = log.scrollTop;
    window.jumps = [];
    log.addEventListener("scroll", () => {
        if (log.scrollTop < before) window.jumps.push([before, log.scrollTop]);
        before = log.scrollTop;
    });
}"""


async def test_nothing_jumps_while_long_answers_stream_after_each_other(opened: Open) -> None:
    log = opened.page.locator("#log")
    await opened.press("n")
    await opened.sees("No turn yet: ask below")
    await log.evaluate(JUMPS)
    for count in (200, 201):
        await opened.ask(f"many {count}")
        await opened.sees(f"word {count - 1}", LAST)
        await opened.sees("gen", f"{LAST}[aria-busy=false]")
        assert await log.evaluate(GAP) < 24
    assert await opened.page.evaluate("window.jumps") == []


async def test_long_blocks_come_whole_and_a_long_table_keeps_its_columns(opened: Open) -> None:
    """The last of its chat, for with it the browser lays out each later answer ten times slower."""
    items, rows = "- top\n" + "  - an item of *words*\n" * 600, "| one | two |\n" * 120
    await opened.ask(f"said\n\n{items}\n\n| a | b |\n|---|---|\n{rows}\n\nno more rows")
    await opened.page.locator("article.bot p", has_text="no more rows").last.wait_for()
    last = opened.page.locator("article.bot").last
    await last.locator("li").nth(600).wait_for(state="attached")
    assert await last.locator("tbody").count() == 5
    edges = "cells => cells.map((cell) => Math.round(cell.getBoundingClientRect().left))"
    seen = await last.locator("tr > :last-child").evaluate_all(edges)
    assert (len(seen), len(set(seen))) == (121, 1)


async def test_a_new_chat_is_empty_and_the_turns_stay(opened: Open) -> None:
    await opened.sees("and now", "#turns")
    turns = await opened.page.locator("#turns li").count()
    await opened.press("n")
    await opened.sees("No turn yet: ask below")
    assert await opened.page.locator("#turns li").count() == turns


async def search_chats(opened: Open, words: str) -> None:
    """Each key searches, and the list is drawn anew for it, the buttons in it too."""
    await opened.press("h")
    last = f"search={words}"
    async with opened.page.expect_request_finished(lambda asked: asked.url.endswith(last)):
        await opened.page.keyboard.type(words)
    await opened.page.evaluate(DRAWN)


async def test_an_earlier_chat_is_found_by_its_words_and_gone_on_with(opened: Open) -> None:
    await opened.ask("a needle")
    await opened.sees("new: a needle", "article.bot")
    await opened.press("n")
    await opened.sees("No turn yet: ask below")
    await search_chats(opened, "needle")
    await opened.sees("a needle", "#chats-list")
    assert await opened.axe("#chats") == []
    await opened.page.keyboard.press("ArrowDown")
    await opened.page.keyboard.press("Enter")
    await opened.sees("new: a needle", "article.bot")
    await opened.ask("and more")
    await opened.sees("new: and more", LAST)


async def test_a_chat_is_removed_once_that_is_confirmed(opened: Open) -> None:
    page = opened.page
    await search_chats(opened, "needle")
    await page.locator("#chats-list li:only-child").wait_for()
    remove = page.get_by_role("button", name="Remove the chat")
    await remove.press("Enter")
    again = page.get_by_role("button", name="Remove for good")
    assert await again.evaluate("button => button === document.activeElement")
    assert await opened.axe("#chats") == []
    await again.press("Enter")
    await opened.sees("No chat holds “needle”.", "#chats-none")
    await page.locator("#chats-search").fill("")  # else Esc does only that
    await page.keyboard.press("Escape")
    await page.locator("#chats").wait_for(state="hidden")
    await opened.sees("No turn yet: ask below")


async def test_the_page_comes_back_whole_after_a_reload(opened: Open) -> None:
    await opened.ask("before")
    await opened.sees("new: before", "article.bot")
    await opened.page.reload()
    await opened.sees("new: before", "article.bot")
    await opened.sees("before", "#turns")


FIRST_FRAME = """() => new Promise((resolve) => {
  const source = new EventSource("api/v1/feed");
  source.onmessage = (event) => { source.close(); resolve(JSON.parse(event.data)); };
})"""


async def test_the_chat_comes_back_with_the_bots_of_a_poe_dev_started_again(opened: Open) -> None:
    """Its page answers before a bot is loaded; the chat waits for one, and no Stop is left over."""
    told = await opened.page.evaluate(FIRST_FRAME)
    [state] = [each for each in told if each["type"] == "state"]
    running = {"type": "said", "chat": "c1", "id": "m1", "role": "bot", "bot": "B", "turn": None}
    begin, ready = {"type": "begin"}, {"type": "ready"}
    before = [begin, state, {"type": "chat", "id": "c1", "messages": []}, ready]
    stopped = [begin, {**state, "bots": []}, ready]
    answering = [*before, {**running, "state": "running"}]
    frames = iter([(20, answering), (20, stopped), (60_000, [state])])
    asked = []

    async def feed(route: Any) -> None:
        asked.append("feed")
        retry_ms, messages = next(frames)
        body = f"retry: {retry_ms}\n\ndata: {json.dumps(messages)}\n\n"
        await route.fulfill(content_type="text/event-stream", body=body)

    async def gone_on(route: Any) -> None:
        asked.append("open")
        await route.fulfill(status=202, json={"v": 1})

    page = await opened.page.context.browser.new_page()
    await page.route("**/feed", feed)
    await page.route("**/chats/c1/open", gone_on)
    async with page.expect_response("**/chats/c1/open"):
        await page.goto(opened.url)
    await page.locator("#send").wait_for()
    await page.close()

    assert asked[:4] == ["feed", "feed", "feed", "open"]


async def test_a_turn_that_waits_names_the_line_that_blocks_it(opened: Open) -> None:
    told = await opened.page.evaluate(FIRST_FRAME)
    turn = [each for each in told if each["type"] == "turn"][-1]
    stall = {"kind": "stall", "ms": 6000, "at_ms": 0, "place": "main.py:80", "text": ""}
    turn |= {"state": "running", "first_ms": None, "events": 0, "notes": [stall]}
    body = f"data: {json.dumps([each for each in told if each is not turn] + [turn])}\n\n"
    page = await opened.page.context.browser.new_page()
    await page.route(
        "**/feed", lambda route: route.fulfill(content_type="text/event-stream", body=body)
    )
    await page.goto(opened.url)
    await page.locator("#waits", has_text="loop blocked 6.00 smain.py:80").wait_for()
    await page.close()


async def test_axe_finds_nothing_in_the_palette_and_the_keys(opened: Open) -> None:
    for key in ("Control+k", "?"):
        await opened.press(key)
        await opened.page.locator("dialog[open]").wait_for()
        assert await opened.axe("dialog[open]") == []
        await opened.page.keyboard.press("Escape")


@pytest.mark.parametrize("area", ["inspector", "rail", ""])
async def test_each_area_fits_a_phone_and_axe_finds_nothing(opened: Open, area: str) -> None:
    page = opened.page
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.locator(f".areas [data-area='{area}']").press("Enter")
    assert await opened.axe(f"#{area}" if area else "html") == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_esc_closes_a_sheet_and_gives_the_focus_back(opened: Open) -> None:
    button = opened.page.locator(".areas [data-area='inspector']")
    await button.press("Enter")
    await opened.press("Escape")
    await opened.page.locator("#inspector").wait_for(state="hidden")
    assert await button.evaluate("button => button === document.activeElement")


async def test_in_front_of_a_server_elsewhere_it_says_what_is_missing(
    opened: Open, tmp_path: Path
) -> None:
    bot = BotAddress.at(opened.url.removesuffix("_poe/"))
    options = AttachOptions(bot, 0, tmp_path, tmp_path)
    async with attached_bot(options, lambda _: None) as attached:
        await attached.ask_settings()
        tab = await tab_at(opened.page.context, attached.page, tmp_path)
        await tab.sees(f"attached to {bot.url}", "#generation")
        await tab.ask("from afar")
        await tab.sees("from afar", "article.bot")
        await tab.sees("for a bot started by this poe dev", "#only-here")
        await tab.press("2")
        await tab.sees("POST / HTTP/1.1", "#wire pre")
        assert await tab.axe() == []
        assert not await tab.page.locator("#local, #to-local").first.is_visible()
        tab.nothing_went_wrong()
        await tab.page.close()
