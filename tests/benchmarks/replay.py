"""How long `poe replay` takes for kept turns, against how long asking them took; and its memory.

    python -m tests.benchmarks.replay [TURNS]

Conversations of ten turns with a bot that calls two others are held by a project that keeps its
turns; then a project started anew is asked again, and each answer compared. Beside the ratio stands
the memory of the process that compares, at 10, 100, 1,000 … turns: it must not grow.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

from poecli.client.dialogue import Dialogue, new_id
from poecli.client.http import open_session
from poecli.dev_events import DevEvent
from poecli.local.flags import LocalFlags
from poecli.local.options import LocalOptions, settle_options
from poecli.local.project import local_project
from poecli.local.replaying import replaying
from poecli.protocol.conversation import Conversation
from poecli.protocol.reply import Reply
from poecli.turns.comparison import differences
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import read_turns

TURNS = 1_000
TURNS_A_CONVERSATION = 10
MARKS = (10, 100, 1_000, 10_000)
ROUNDS = 3
# With a session of its own: fastapi_poe's, made anew for each call, would take most of the time.
BOT = """\
import fastapi_poe as fp
import httpx

SESSION = httpx.AsyncClient()


class Both(fp.PoeBot):
    async def get_response(self, request):
        for name in ("First-Bot", "Second-Bot"):
            call = fp.stream_request(request, name, request.access_key, session=SESSION)
            async for piece in call:
                yield piece

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"First-Bot": 1, "Second-Bot": 1})
"""


def ignore(event: DevEvent) -> None:
    """Nobody listens."""
    del event


def memory_mb() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


async def hold(options: LocalOptions, turns: int) -> float:
    """Seconds for so many turns, one after the other."""
    async with local_project(options, ignore) as project, open_session() as session:
        bot = project.address_of((await project.wait_ready())[0])
        began = time.monotonic()
        for number in range(turns):
            if number % TURNS_A_CONVERSATION == 0:
                dialogue = Dialogue(Conversation(new_id("u"), new_id("c")), session)
            query, reply = dialogue.say(f"Question {number}", bot), Reply()
            async with aclosing(dialogue.events(query, bot)) as events:
                async for event in events:
                    reply.feed(event)
            dialogue.remember(bot, query.message_id, reply)
        return time.monotonic() - began


async def replay(
    options: LocalOptions, turns: Iterator[KeptTurn]
) -> tuple[float, dict[int, float]]:
    """Seconds for all turns, asked and compared; and the memory at each mark."""
    memory: dict[int, float] = {}
    async with replaying(options, ignore, seconds=60) as replayer:
        began = time.monotonic()
        for number, turn in enumerate(turns, start=1):
            found = differences(turn, await replayer.ask(turn))
            assert not found, found
            if number in MARKS:
                memory[number] = memory_mb()
        return time.monotonic() - began, memory


async def main(turns: int) -> None:
    """Print the table."""
    print(f"{'turns':>7} {'asked':>8} {'replayed':>9} {'factor':>7}  memory (MB)")
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "main.py").write_text(BOT)
            options = settle_options(LocalFlags.for_one_command(name), {}, folder)
            asked = await hold(options, turns)
            again, memory = await replay(options, read_turns(folder))
        marks = ", ".join(f"{mark:,}: {mb:.0f}" for mark, mb in memory.items())
        print(f"{turns:>7,} {asked:>7.2f}s {again:>8.2f}s {again / asked:>6.2f}x  {marks}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else TURNS))
