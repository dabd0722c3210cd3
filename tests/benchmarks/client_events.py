"""100,000 events in one answer: our client and fastapi_poe's, side by side in one run.

    python -m tests.benchmarks.client_events [EVENTS]

The server is a process of its own, so that its work is not counted. CPU time is that of the
client's process; memory is what the client's peak grew by. The goal: at most half of
fastapi_poe's CPU per event, and memory that does not grow with the number of events.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from multiprocessing.connection import Connection
from typing import Any

import fastapi_poe as fp
from fastapi_poe.client import stream_request

from poecli.client.address import BotAddress
from poecli.client.bot_query import get_bot_response, stream_events
from poecli.protocol.requests import QueryRequest
from tests.scripted import DONE, Answer, scripted_server, text

ROUNDS = 3
_EVENTS_PER_PIECE = 20
MESSAGE = fp.ProtocolMessage(role="user", content="hi")
QUERY = fp.QueryRequest(
    version="1.2", type="query", query=[MESSAGE], user_id="", conversation_id="", message_id=""
)
OURS = QueryRequest.model_validate(QUERY.model_dump())

CLIENTS: dict[str, Callable[[str], AsyncIterator[Any]]] = {
    "fastapi_poe stream_request": lambda url: stream_request(QUERY, "b", "k", base_url=url),
    "poecli get_bot_response": lambda url: get_bot_response([MESSAGE], "b", "k", base_url=url),
    "poecli stream_events": lambda url: stream_events(OURS, BotAddress("b", f"{url}b", handle="b")),
}


def serve(events: int, pipe: Connection) -> None:
    """The server's process: says its URL, then answers until it is ended."""

    async def run() -> None:
        piece = text("five ") * (_EVENTS_PER_PIECE - 1) + text("end.\n\n")
        pieces = [piece] * (events // _EVENTS_PER_PIECE)
        async with scripted_server(Answer([*pieces, DONE])) as server:
            pipe.send(f"{server.url}/bot/")
            await asyncio.Event().wait()

    asyncio.run(run())


async def count(pieces: AsyncIterator[Any]) -> int:
    return sum([1 async for _ in pieces])


async def drain(pieces: AsyncIterator[Any]) -> None:
    async for _ in pieces:
        pass


def measure(client: Callable[[str], AsyncIterator[Any]], url: str) -> float:
    """CPU seconds of one answer, the best of several."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        asyncio.run(drain(client(url)))
        best = min(best, time.process_time() - start)
    return best


def peak(client: Callable[[str], AsyncIterator[Any]], url: str) -> int:
    """Bytes that Python's objects took at most during one answer."""
    tracemalloc.start()
    asyncio.run(drain(client(url)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main(events: int) -> None:
    """Write one table."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(events, theirs), daemon=True)
    server.start()
    url = ours.recv()
    baseline = 0.0
    sys.stdout.write(f"{events:,} text events in one answer, best of {ROUNDS}\n")
    for name, client in CLIENTS.items():
        arrived = asyncio.run(count(client(url)))
        micros = measure(client, url) * 1e6 / arrived
        baseline = baseline or micros
        memory = peak(client, url) / 1e6
        sys.stdout.write(
            f"{name:28} {arrived:>8,} events  {micros:6.1f} µs CPU each"
            f"  {micros / baseline:5.2f} of fastapi_poe  peak {memory:5.1f} MB\n"
        )
    server.terminate()
    server.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
