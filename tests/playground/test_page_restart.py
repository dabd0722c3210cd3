"""What the page shows of a `poe dev` before this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.needs import needs
from tests.playground.browser import LAST, opened_page

pytestmark = [pytest.mark.asyncio, needs("chromium")]


async def test_turns_and_chats_outlive_a_restart(tmp_path: Path) -> None:
    async with opened_page(tmp_path) as before:
        await before.ask("remember me")
        await before.sees("said: remember me", LAST)
        await before.sees("kept as 1")
    async with opened_page(tmp_path) as after:
        await after.page.locator("#turns button", has_text="remember me").press("Enter")
        await after.sees("Kept turn 1", "#inspector")
        await after.sees("an earlier run", "#inspector")
        await after.sees("said: remember me", "#wire")
        await after.press("h")
        await after.sees("remember me", "#chats-list")
        await after.page.keyboard.press("ArrowDown")
        await after.page.keyboard.press("Enter")
        await after.sees("said: remember me", LAST)
        after.nothing_went_wrong()
