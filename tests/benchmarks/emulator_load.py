"""Many users at once with a bot that calls two bots of the local Poe, under a real `poe dev`.

    python -m tests.benchmarks.emulator_load [USERS [TURNS]]

Every answer is checked: both calls in it, in their order, with this user's text and no other's.
First one user takes TURNS turns (10,000 by default), one after the other: the memory of each
process at 10, 100, 1,000 … turns must not grow. Then USERS chat at once, round after round, which
shows the turns per second and what memory so many clients of fastapi_poe at once take.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import tempfile
import time
from pathlib import Path

import httpx

from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.protocol.sse import SseDecoder
from tests.poe import dev
from tests.processes import processes_of

TURNS_A_USER = 10
ROUNDS = 4
MARKS = (10, 100, 1_000, 10_000)
BOT = """\
import fastapi_poe as fp


class Both(fp.PoeBot):
    async def get_response(self, request):
        for name in ("First-Bot", "Second-Bot"):
            async for piece in fp.stream_request(request, name, request.access_key):
                yield piece
            yield fp.PartialResponse(text="\\n--\\n")

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"First-Bot": 1, "Second-Bot": 1})
"""
BODY = (
    "**{bot}** received; a mock on your machine answers for it.\n\n> {text}\n\n"
    "Messages: 1\n\n1. user, "
)


async def turn(client: httpx.AsyncClient, url: str, text: str) -> None:
    """One turn. Raises AssertionError for an answer that is not whole, in order and this user's."""
    ids = {"message_id": f"m-{text}", "bot_query_id": f"q-{text}", "user_id": "u"}
    query = [{"role": "user", "content": text}]
    body = {"version": "1.2", "type": "query", "query": query, "conversation_id": "c", **ids}
    answer = await client.post(url, json=body, headers={"Authorization": "Bearer any"})
    reply = Reply()
    for frame in SseDecoder().feed(answer.content):
        assert not reply.feed(ev.event_from_frame(frame)), frame
    assert reply.done, answer.text
    first, second, rest = reply.text.split("\n--\n")
    assert rest == ""
    for part, bot in ((first, "First-Bot"), (second, "Second-Bot")):
        assert BODY.format(bot=bot, text=text) in part, part


def memory(pid: int) -> dict[str, float]:
    """Name and pid -> resident MB, for a process and those below it."""
    found = {}
    for each in sorted({pid, *processes_of(pid)}):
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{each}/status").read_text().splitlines()
        )
        words = Path(f"/proc/{each}/cmdline").read_bytes().decode().split("\0")
        name = next((w.rsplit(".", 1)[-1] for w in words if w.startswith("poecli")), "worker")
        found[f"{name} {each}"] = int(status["VmRSS"].split()[0]) / 1024
    return found


def show(turns: int, pid: int) -> None:
    """One line of the table of memory."""
    parts = ", ".join(f"{name}: {mb:.1f} MB" for name, mb in memory(pid).items())
    sys.stdout.write(f"  {turns:6} turns   {parts}\n")


async def alone(client: httpx.AsyncClient, url: str, turns: int, pid: int) -> None:
    """One user, turn after turn; memory at each power of ten and at the end."""
    for done in range(1, turns + 1):
        await turn(client, url, f"alone{done}")
        if done in MARKS or done == turns:
            show(done, pid)


async def together(client: httpx.AsyncClient, url: str, users: int, name: str) -> None:
    """All users at once, each turn after turn; turns per second."""

    async def user(number: int) -> None:
        for count in range(TURNS_A_USER):
            await turn(client, url, f"{name}user{number}turn{count}")

    began = time.monotonic()
    await asyncio.gather(*(user(number) for number in range(users)))
    seconds = time.monotonic() - began
    rate = users * TURNS_A_USER / seconds
    sys.stdout.write(f"{users} users, {TURNS_A_USER} turns each: {rate:.1f} turns/s, none wrong\n")


async def main(users: int, turns: int) -> None:
    """Both measurements, in one run."""
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(BOT)
        async with (
            dev(Path(folder), "--no-reload", warm=False) as poe,
            httpx.AsyncClient(timeout=120, limits=limits, verify=plain) as client,
        ):
            ready = await poe.line("ready")
            reading = asyncio.create_task(drain(poe.process.stdout))
            url, pid = ready["url"] + "/", poe.process.pid
            await alone(client, url, turns, pid)
            for number in range(1, ROUNDS + 1):
                await together(client, url, users, f"round{number}")
                show(turns + number * users * TURNS_A_USER, pid)
            reading.cancel()


async def drain(stream: asyncio.StreamReader | None) -> None:
    """Nobody reads the log; a full pipe would stop the server."""
    while stream is not None and await stream.read(2**16):
        pass


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(numbers + [50, 10_000][len(numbers) :])))
