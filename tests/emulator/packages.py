"""A local Poe for the packages of OpenAI and Anthropic: a bot that calls tools, one that is off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.emulator.serving import LocalPoe, local_poe

_SCRIPT = """\
[[answer]]
when = "break"
events = [{text = "half"}, {error = "broken"}]

[[answer]]
when = "Tokyo"
events = [{text = "Let me see."}, {tool = "get_weather", arguments = {city = "Tokyo"}},
          {tool = "get_weather", arguments = {city = "Oslo"}}]

[[answer]]
events = [{text = "scripted"}]
"""
# Of the tool get_weather.
PARAMETERS: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}


@asynccontextmanager
async def poe_for_packages(folder: Path, *, scripted: str, off: str) -> AsyncIterator[LocalPoe]:
    """A local Poe with a scripted bot and one that is off, by these handles."""
    (folder / "s.toml").write_text(_SCRIPT, encoding="utf-8")
    async with local_poe(folder, bots={scripted: "script:s.toml", off: "off"}) as running:
        yield running
