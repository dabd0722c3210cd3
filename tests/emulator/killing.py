"""Killing `poe dev`, or its worker, while turns run; then looking at what is on disk."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx

from poecli.turns.kept import KeptTurn
from poecli.turns.reading import read_turns
from tests.emulator.asking import NO_TLS, query
from tests.poe import DevProcess, dev
from tests.processes import processes_of, program_of

BOT = """\
import asyncio
import fastapi_poe as fp


class Slow(fp.PoeBot):
    async def get_response(self, request):
        async for piece in fp.stream_request(request, "Some-Bot", request.access_key):
            yield piece
            await asyncio.sleep(0.001)

    async def get_settings(self, setting):
        return fp.SettingsResponse(server_bot_dependencies={"Some-Bot": 1})
"""
USERS = 4


@dataclass
class Turns:
    """Users that ask turn after turn; what each was answered to the end."""

    url: str
    run: int
    answered: dict[str, bytes] = field(default_factory=dict)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    async def user(self, number: int) -> None:
        count = 0
        async with httpx.AsyncClient(timeout=30, verify=NO_TLS) as client:
            while True:
                count += 1
                turn_id = f"m-{self.run}-{number}-{count}"
                await self._turn(client, turn_id)

    async def _turn(self, client: httpx.AsyncClient, turn_id: str) -> None:
        got = b""
        ids = {"message_id": turn_id, "bot_query_id": f"q-{turn_id}"}
        body = query(f"hello {turn_id}", user_id="u", conversation_id=f"c-{self.run}", **ids)
        headers = {"Authorization": "Bearer any"}
        try:
            async with client.stream("POST", self.url, json=body, headers=headers) as answer:
                async for chunk in answer.aiter_raw():
                    got += chunk
                    if b"event: done" in got:
                        self.answered[turn_id] = got
                        self.first.set()
            assert answer.status_code == HTTPStatus.OK
        except httpx.HTTPError:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def turns_running(url: str, run: int) -> AsyncIterator[Turns]:
    """Several users at once, for as long as the block lasts."""
    turns = Turns(url, run)
    tasks = [asyncio.create_task(turns.user(number)) for number in range(USERS)]
    try:
        first = asyncio.ensure_future(turns.first.wait())
        await asyncio.wait([first, *tasks], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert first.done(), [task for task in tasks if task.done()]
        yield turns
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def kill_at_random(
    poe: DevProcess, url: str, whom: str, draw: random.Random, run: int
) -> dict[str, bytes]:
    """Kill the parent or a worker while turns run; the answers that had arrived whole."""
    async with turns_running(url, run) as turns:
        await asyncio.sleep(draw.random() * 0.5)  # the random moment, not a wait for anything
        victims = {"parent": [program_of(poe.process.pid)]}
        victims["worker"] = sorted(processes_of(poe.process.pid))[-1:]
        for pid in victims[whom]:
            os.kill(pid, signal.SIGKILL)
        if whom == "parent":
            await asyncio.wait_for(poe.process.wait(), 60)
            return dict(turns.answered)
        # The next turn goes well: the worker was started again.
        seen, turns.first = set(turns.answered), asyncio.Event()
        while set(turns.answered) == seen:
            turns.first.clear()
            await asyncio.wait_for(turns.first.wait(), 60)
        poe.process.kill()
        await asyncio.wait_for(poe.process.wait(), 60)
        return dict(turns.answered)


def is_whole(turn: KeptTurn, answered: bytes) -> bool:
    """Whether the question, the call that it led to and the answer are on disk."""
    said = f"hello {turn.request['message_id']}"
    calls = [(call.reply.done, call.request["query"][-1]["content"]) for call in turn.calls]
    return (turn.question, calls, turn.answer.body.encode()) == (said, [(True, said)], answered)


async def killed_once(folder: Path, whom: str, seed: int) -> tuple[int, list[str]]:
    """One start, turns, one kill: how many turns were answered, and which are not on disk whole."""
    (folder / "main.py").write_text(BOT)
    async with dev(folder, "--no-reload") as poe:
        ready = await poe.line("ready")
        reading = asyncio.create_task(_drain(poe))
        try:
            answered = await kill_at_random(
                poe, ready["url"] + "/", whom, random.Random(seed), seed
            )
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    on_disk = {turn.request["message_id"]: turn for turn in read_turns(folder)}
    lost = [
        turn
        for turn, data in answered.items()
        if turn not in on_disk or not is_whole(on_disk[turn], data)
    ]
    return len(answered), lost


async def _drain(poe: DevProcess) -> None:
    while poe.process.stdout is not None and await poe.process.stdout.read(2**16):
        pass
