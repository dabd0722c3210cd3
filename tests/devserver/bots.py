"""Bots as an author would write them, to be run by the real server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

# Answers "WORD:" and what was said. "slow" takes SECONDS seconds in 20 pieces; other words fail
# in their own way.
TEMPLATE = """\
import asyncio
import os
import signal
import time

import fastapi_poe as fp

WORD = "one"
SECONDS = 3.0


class Echo(fp.PoeBot):
    async def get_response(self, request):
        said = request.query[-1].content
        if said == "slow":
            for number in range(20):
                yield fp.PartialResponse(text=f"{WORD}{number} ")
                await asyncio.sleep(SECONDS / 20)
        if said == "print":
            print("printed by the bot")
        if said == "raise":
            raise ValueError("raised by the bot")
        if said == "block":
            time.sleep(0.6)
        if said == "meta":
            yield fp.PartialResponse(text="first")
            yield fp.MetaResponse(text="")
        if said == "die":
            yield fp.PartialResponse(text="last words")
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        yield fp.PartialResponse(text=f"{WORD}: {said}")
"""


def write_bot(folder: Path, word: str = "one", *, seconds: float = 3.0, end: str = "") -> Path:
    """Save the bot whole, as an editor does: beside, then in place."""
    file = folder / "main.py"
    text = TEMPLATE.replace('"one"', repr(word)).replace("3.0", str(seconds)) + end
    beside = folder / "main.py.tmp"
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
    return file


@dataclass(frozen=True)
class Answer:
    """What came back: status, the generation that made it, the whole text of the stream."""

    status: int
    generation: int
    body: str

    @property
    def text(self) -> str:
        """The text events, joined."""
        data = [line[6:] for line in self.body.splitlines() if line.startswith('data: {"text"')]
        return "".join(json.loads(item)["text"] for item in data)

    @property
    def events(self) -> list[str]:
        """The names of the events."""
        return [line[7:] for line in self.body.splitlines() if line.startswith("event: ")]


def query(text: str, message_id: str = "m-1") -> dict[str, object]:
    """The body of a query."""
    return {
        "version": "1.2",
        "type": "query",
        "query": [{"role": "user", "content": text}],
        "user_id": "u-1",
        "conversation_id": "c-1",
        "message_id": message_id,
    }


class Client:
    """Asks one bot."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def ask(self, text: str, path: str = "") -> Answer:
        """One query, read to its end."""
        headers = {"Authorization": "Bearer key"}
        async with self.session.post(
            self.url + path, json=query(text), headers=headers
        ) as response:
            generation = int(response.headers.get("X-Poe-Generation", 0))
            return Answer(response.status, generation, await response.text())


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Client]:
    """A client of the bot at that URL."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, url)
