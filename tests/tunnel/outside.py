"""A project whose bots are asked from outside, and the stand-ins for a tunnel's client."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from poecli.dev_events import DevEvent
from poecli.devserver.tunnel_door import TunnelDoor
from poecli.local.project import LocalProject
from poecli.probe import queries
from poecli.tunnel.clients import TunnelClient, parse_client

KEY = "k" * 32
LIMIT_SECONDS = 60
STANDIN = Path(__file__).with_name("standin.py")
BOT = """
import fastapi_poe as fp


class Outside(fp.PoeBot):
    async def get_response(self, request):
        asked = request.query[-1].content
        if asked == "file":
            await self.post_message_attachment(
                message_id=request.message_id, file_data=b"bytes", filename="a.txt")
        if asked == "call":
            async for part in fp.stream_request(request, "GPT-4o", request.access_key):
                yield part
        yield fp.PartialResponse(text="outside")

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"GPT-4o": 1})


app = fp.make_app([Outside(path="/"), Outside(path="/two")], allow_without_key=True)


@app.get("/admin")
async def admin():
    return "the author's own page"
"""


def client(kind: str) -> TunnelClient:
    """A stand-in."""
    return parse_client(f"{sys.executable} {STANDIN} {kind} {{port}}")


class Outside:
    """A project whose door is open, everything told of it, and a stand-in for the real Poe."""

    def __init__(self, project: LocalProject, events: list[DevEvent], asked: list[Any]) -> None:
        self.project = project
        self.events = events
        self.asked = asked
        self.door: TunnelDoor

    async def ask(self, method: str, target: str, *headers: str, body: bytes = b"") -> str:
        """What the door answers: its status and all the rest, as it came."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port)
        with closing(writer):
            lines = (f"{method} {target} HTTP/1.1", *headers, f"Content-Length: {len(body)}")
            head = "\r\n".join((*lines, "Connection: close", "", ""))
            writer.write(head.encode() + body)
            answer = await asyncio.wait_for(reader.read(), LIMIT_SECONDS)
        return answer.decode()

    async def query(self, text: str, key: str = KEY, path: str = "/") -> str:
        """A query, as Poe sends it."""
        body = queries.query(queries.message(text), access_key=key)
        return await self.ask(
            "POST", path, "Host: abc.trycloudflare.com", f"Authorization: Bearer {key}",
            "Content-Type: application/json", body=json.dumps(body).encode(),
        )  # fmt: skip

    def last(self, kind: type[Any]) -> Any:
        """The last event of that kind."""
        return next(event for event in reversed(self.events) if isinstance(event, kind))
