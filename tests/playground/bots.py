"""A bot that does whatever the page is to show, and `poe dev` around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.poe import DevProcess, dev

BOT = """
import asyncio
import time

import fastapi
import fastapi_poe as fp


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8"
    "cfc0f01f0005000201a5f1ae5a0000000049454e44ae426082")


class Shown(fp.PoeBot):
    async def get_settings(self, setting):
        return fp.SettingsResponse(
            introduction_message="Ask **anything**.",
            allow_attachments=True,
            cost_label="[usd_milli_cents=30] a message",
            rate_card="| What | Price |\\n|---|---|\\n| Text | [usd_milli_cents=30] |",
            server_bot_dependencies={"GPT-4o": 1},
            parameter_controls=fp.ParameterControls(sections=[
                fp.Section(name="Looks", controls=[
                    fp.TextField(label="Title", parameter_name="title", default_value="none"),
                    fp.ToggleSwitch(label="Loud", parameter_name="loud", default_value=False),
                    fp.Slider(label="Size", parameter_name="size", default_value=2,
                              min_value=1, max_value=9, step=1),
                    fp.DropDown(label="Units", parameter_name="units", default_value="c",
                                options=[fp.ValueNamePair(value="c", name="Celsius"),
                                         fp.ValueNamePair(value="f", name="Fahrenheit")]),
                    fp.ConditionallyRenderControls(
                        condition=fp.ComparatorCondition(
                            comparator="eq",
                            left=fp.ParameterValue(parameter_name="loud"),
                            right=fp.LiteralValue(literal=True)),
                        controls=[fp.TextField(label="Shout", parameter_name="shout")]),
                ]),
                fp.Section(name="Print", collapsed_by_default=True, tabs=[
                    fp.Tab(name="Words", controls=[
                        fp.TextArea(label="Notes", parameter_name="notes", placeholder="None",
                                    description="What must not be forgotten"),
                        fp.Divider(),
                        fp.ToggleSwitch(label="Cover", parameter_name="cover")]),
                    fp.Tab(name="Paper", controls=[
                        fp.AspectRatio(label="Format", parameter_name="format",
                                       default_value="a4",
                                       options=[fp.AspectRatioOption(value="a4", width=7, height=9),
                                                fp.AspectRatioOption(width=1, height=1)])]),
                ]),
            ]),
        )

    async def get_response(self, request):
        last = request.query[-1]
        match last.content.split()[0] if last.content else "":
            case "parameters":
                yield fp.PartialResponse(text=repr(sorted(last.parameters.items())))
            case "files":
                yield fp.PartialResponse(text=", ".join(a.name for a in last.attachments))
            case "slow":
                for number in range(600):
                    yield fp.PartialResponse(text=f"{number} ")
                    await asyncio.sleep(0.1)
            case "lines":
                for number in range(3000):  # until it is stopped
                    yield fp.PartialResponse(text=f"line {number}\\n\\n")
                    await asyncio.sleep(0.02)
            case "many":
                for number in range(int(last.content.split()[1])):
                    yield fp.PartialResponse(text=f"word {number}\\n\\n")
                    await asyncio.sleep(0.002)
            case "endless":
                while True:
                    yield fp.PartialResponse(text="x" * 60_000)
            case "raise":
                raise KeyError("Atlantis")
            case "stall":
                time.sleep(1.2)  # blocks the loop for longer than a stall has to last
                yield fp.PartialResponse(text="awake")
            case "call":
                print("about to call")
                async for part in fp.stream_request(request, "GPT-4o", request.access_key):
                    yield part
            case "markdown":
                for piece in ("# Head\\n\\n| a | b |\\n|---|--:|\\n| 1 | 2 |\\n\\n", "```python\\n",
                              "def f():\\n", "    return 1\\n```\\n\\n- one\\n", "- two\\n\\n",
                              "<script>window.ran = 1</script> ![p](http://evil.example/p.png)\\n"):
                    yield fp.PartialResponse(text=piece)
                    await asyncio.sleep(0.05)
            case "pay":
                await self.capture_cost(
                    request, fp.CostItem(amount_usd_milli_cents=30, description="a message"))
                yield fp.PartialResponse(text="paid")
            case "replace":
                yield fp.PartialResponse(text="thinking")
                await asyncio.sleep(0.1)
                yield fp.PartialResponse(text="the *answer*", is_replace_response=True)
            case "states":
                for number in range(3):
                    yield fp.PartialResponse(text=f"state {number}", is_replace_response=True)
                    await asyncio.sleep(0.2)
                for number in range(150):
                    yield fp.PartialResponse(text=f"{number} ")
            case "rewrite":
                request.query[-1].content = "rewritten"
                async for part in fp.stream_request(request, "GPT-4o", request.access_key):
                    yield part
            case "picture":
                yield fp.PartialResponse(text="Before ")
                picture = await self.post_message_attachment(
                    message_id=request.message_id, file_data=PNG, filename="dot.png",
                    is_inline=True)
                yield fp.PartialResponse(text=f"![a dot][{picture.inline_ref}]")
                await self.post_message_attachment(
                    message_id=request.message_id, file_data=b"a,b", filename="table.csv")
            case "far":
                yield fp.PartialResponse(text=f"![a dot]({last.content.split()[1]})")
                for word in last.content.split()[2:]:  # in the same block, which is drawn anew
                    await asyncio.sleep(0.2)
                    yield fp.PartialResponse(text=f" {word}")
            case "undeclared":
                async for part in fp.stream_request(request, "Other-Bot", request.access_key):
                    yield part
            case "replies":
                yield self.text_event("choose")
                yield self.suggested_reply_event("say yes")
            case _:
                yield fp.PartialResponse(text="said: " + last.content)


app = fp.make_app(Shown(), allow_without_key=True)


@app.get("/dot.png")
def dot():
    return fastapi.Response(PNG, media_type="image/png")
"""


def write(folder: Path, bot: str = BOT) -> None:
    (folder / "main.py").write_text(bot, encoding="utf-8")


@asynccontextmanager
async def served(folder: Path, bot: str = BOT) -> AsyncIterator[tuple[str, DevProcess]]:
    """The address of the playground of a `poe dev` in ``folder``."""
    write(folder, bot)
    async with dev(folder) as poe:
        ready = await poe.line("ready")
        yield str(ready["playground"]), poe
