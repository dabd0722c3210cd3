"""The same bot through poe dev's gateway and by fastapi_poe on uvicorn, side by side in one run.

    python -m tests.benchmarks.serving [SECONDS]

The goals, through the gateway: 3 times the requests/s of 50 clients, 2 times the events/s of 50
streams, the first event of 50 streams in half the time.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.servers import (
    FASTAPI_DEV,
    UVICORN,
    Connection,
    Way,
    memory_mb,
    poe,
    serve,
    write_bot,
)

CLIENTS = 50
EVENTS = 1000
SECONDS = 4.0
ROUNDS = 3
WAYS = (UVICORN, *FASTAPI_DEV, poe("--json"), poe())


@dataclass(frozen=True)
class Figures:
    """What one way did."""

    requests: float  # per second, 50 clients
    one_stream: float  # events per second
    many_streams: float  # events per second, 50 streams
    first_event: float  # seconds, median of 50 streams
    memory: list[int]


async def requests_a_second(port: int, seconds: float) -> float:
    """Echo answers per second, 50 clients on connections kept alive."""
    until = time.perf_counter() + seconds

    async def client() -> int:
        connection = await Connection.open(port)
        done = 0
        while time.perf_counter() < until:
            answer = await connection.rest(await connection.first_bytes("hi"))
            assert b"word: hi" in answer
            done += 1
        connection.close()
        return done

    return sum(await asyncio.gather(*(client() for _ in range(CLIENTS)))) / seconds


async def streams(port: int, count: int) -> tuple[float, float]:
    """Events per second of so many streams together, and the median of their first events."""
    connections = [await Connection.open(port) for _ in range(count)]
    began = time.perf_counter()

    async def stream(connection: Connection) -> float:
        begun = await connection.first_bytes(f"events {EVENTS}")
        first = time.perf_counter() - began
        answer = await connection.rest(begun)
        assert answer.count(b"five!") == EVENTS
        connection.close()
        return first

    firsts = await asyncio.gather(*(stream(connection) for connection in connections))
    return count * EVENTS / (time.perf_counter() - began), statistics.median(firsts)


async def measure(way: Way, seconds: float) -> Figures:
    """All figures of one way."""
    with tempfile.TemporaryDirectory() as name:
        write_bot(Path(name), "word")
        async with serve(way, Path(name)) as (port, pid):
            await requests_a_second(port, 0.5)
            await asyncio.sleep(1)
            requests = statistics.median(
                [await requests_a_second(port, seconds) for _ in range(ROUNDS)]
            )
            await asyncio.sleep(1)
            one = statistics.median([(await streams(port, 1))[0] for _ in range(ROUNDS)])
            many = []
            for _ in range(ROUNDS):
                await asyncio.sleep(2)
                many.append(await streams(port, CLIENTS))
            return Figures(
                requests,
                one,
                statistics.median(rate for rate, _ in many),
                statistics.median(first for _, first in many),
                memory_mb(pid),
            )


async def table(seconds: float = SECONDS) -> list[str]:
    """The lines of the table."""
    columns = "requests/s     x   events/s: 1 stream    50 streams     x  first event     x   MB"
    lines = [f"{'serving':<22} {columns}"]
    yardstick: Figures | None = None
    for way in WAYS:
        got = await measure(way, seconds)
        base = yardstick = yardstick or got
        lines.append(
            f"{way.name:<24} {got.requests:>7.0f} {got.requests / base.requests:>5.1f}"
            f" {got.one_stream:>15.0f} {got.many_streams:>13.0f}"
            f" {got.many_streams / base.many_streams:>5.1f} {got.first_event:>10.3f} s"
            f" {base.first_event / got.first_event:>5.1f}   {' + '.join(map(str, got.memory))}"
        )
        print(lines[-1], file=sys.stderr)
    return lines


if __name__ == "__main__":
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print("\n".join(asyncio.run(table(wanted))))
