"""Whatever a bot puts where: nothing of it runs, nothing leaves the page, nothing breaks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.needs import needs
from tests.playground.browser import LAST, Open, opened_page

pytestmark = [pytest.mark.asyncio(loop_scope="module"), needs("chromium")]

HOSTILE = {
    "script": "<script>window.ran = 1</script>",
    "handler": "<img src=x onerror='window.ran = 1'>",
    "svg": "<svg onload='window.ran = 1'><a href='javascript:window.ran=1'>x</a></svg>",
    "javascript": "[x](javascript:window.ran=1) ![x](javascript:window.ran=1)",
    "data": "[x](data:text/html,<script>1</script>) ![x](data:image/svg+xml,<svg/>)",
    "api": "![x](/_poe/api/v1/state) ![x](http://evil.example/p.png)",
    "long": "a" * 100_000,
    "control": "a\x00b\x07c\x1b[31md\x9be\x08\x7f",
    "bidi": "\u202egnp.exe\u2066 \u200f",
    "marks": "z" + "\u0301" * 20_000,
}
FIELDS = ("text", "reply", "file", "error")
OTHERS = ("raised", "replace", "tool", "print")
CASES = [(field, name) for field in FIELDS for name in HOSTILE]
CASES += [(field, name) for field in OTHERS for name in ("script", "bidi", "marks")]
BOT = f"""
import json

import fastapi_poe as fp

HOSTILE = json.loads({json.dumps(json.dumps(HOSTILE))})


class Hostile(fp.PoeBot):
    async def get_settings(self, setting):
        return fp.SettingsResponse(
            introduction_message="\\n\\n".join(HOSTILE.values()),
            rate_card="\\n\\n".join(HOSTILE.values())[:3000],
            cost_label=HOSTILE["script"],
            parameter_controls=fp.ParameterControls(sections=[fp.Section(
                name=HOSTILE["handler"],
                controls=[
                    fp.TextField(label=text[:3000], description=text[:3000], parameter_name=name,
                                 default_value=text[:3000])
                    for name, text in HOSTILE.items()],
            )]),
        )

    async def get_response(self, request):
        field, _, name = request.query[-1].content.partition(" ")
        text = HOSTILE[name]
        yield fp.PartialResponse(text="said " + name)
        if field == "text":
            yield fp.PartialResponse(text="\\n\\n" + text)
        elif field == "replace":
            yield fp.PartialResponse(text=text, is_replace_response=True)
        elif field == "reply":
            yield self.suggested_reply_event(text)
        elif field == "file":
            yield self.file_event("javascript:window.ran=1", text, text)
        elif field == "error":
            yield self.error_event(text)
        elif field == "raised":
            raise ValueError(text)
        elif field == "tool":
            yield fp.PartialResponse(text="", data={{"tool_calls": [{{"id": text, "name": text}}]}})
        elif field == "print":
            print(text)


app = fp.make_app(Hostile(), allow_without_key=True)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    folder = tmp_path_factory.mktemp("hostile")
    async with opened_page(folder, BOT) as found:
        found.page.on("dialog", lambda dialog: found.reported.append(dialog.message))
        yield found


async def stands(opened: Open) -> None:
    """Nothing ran, nothing was reported, nothing is wider than the page."""
    # A turn may be looked for a moment before it is kept: the page says so.
    opened.reported[:] = [each for each in opened.reported if "status of 404" not in each]
    opened.nothing_went_wrong()
    page = opened.page
    assert await page.evaluate("window.ran") is None
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert await page.evaluate(wide) <= 0
    assert await page.evaluate("document.querySelector('#log').scrollWidth <= innerWidth")


async def test_introduction_labels_and_prices_break_nothing(opened: Open) -> None:
    await stands(opened)
    assert await opened.page.locator("#question").is_visible()


@pytest.mark.parametrize(("field", "name"), CASES, ids=[" ".join(case) for case in CASES])
async def test_an_answer_breaks_nothing(opened: Open, field: str, name: str) -> None:
    await opened.ask(f"{field} {name}")
    answer = f"{LAST}[aria-busy='false']:has(.meta > button)"
    asked = f":last-child > article.user:nth-last-child(2):has-text('{field} {name}')"
    await opened.page.locator(asked).wait_for()
    await opened.page.locator(answer).wait_for()
    await stands(opened)
