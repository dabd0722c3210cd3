"""The same bot through poe dev's gateway and by fastapi_poe on uvicorn, side by side in one run.

    python -m tests.benchmarks.serving [SECONDS]

With `pip install uvicorn[standard]`, whose httptools and uvloop the yardstick takes where they are.

A minute of 50 clients for each way, in the steady state: what is put off shows. The goals, against
uvicorn[standard] with httptools and uvloop: 2.5 times the requests/s; p50, p99 and p99.9 at most
its own; the parent's memory within 30 MB from 20,000 to 200,000 requests; the log at most 2 s
behind at the end.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.servers import UVICORN, Connection, Way, memory_mb, poe, serve, write_bot

CLIENTS = 50
SECONDS = 60.0
WARM_UP_SECONDS = 1.0
WAYS = (UVICORN, poe("--json"), poe(), poe("--quiet"))
_SETTLED_SECONDS = 1.5  # without a new line in the log
_LONGEST_LAG_SECONDS = 60.0


@dataclass
class Load:
    """What 50 clients saw. ``memory`` are megabytes of the parent by requests so far."""

    latencies: array[float] = field(default_factory=lambda: array("d"))
    memory: dict[int, int] = field(default_factory=dict)
    log_lag: float = 0.0
    seconds: float = 0.0

    def quantile(self, share: float) -> float:
        """Of the latencies, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    @property
    def requests_a_second(self) -> float:
        """Over the whole time."""
        return len(self.latencies) / self.seconds


async def load(port: int, pid: int, seconds: float) -> Load:
    """Echo answers to 50 clients on connections kept alive, for so long."""
    found = Load(seconds=seconds)
    until = time.perf_counter() + seconds

    async def client() -> None:
        connection = await Connection.open(port)
        while (began := time.perf_counter()) < until:
            answer = await connection.rest(await connection.first_bytes("hi"))
            assert b"word: hi" in answer
            found.latencies.append(time.perf_counter() - began)
        connection.close()

    async def look() -> None:
        while True:
            await asyncio.sleep(0.5)
            found.memory[len(found.latencies)] = memory_mb(pid)[0]

    looking = asyncio.create_task(look())
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    looking.cancel()
    return found


def lag_of(log: Path) -> float:
    """How long after the last answer the last line of the log was written, in seconds."""
    began = changed = time.perf_counter()
    size = log.stat().st_size
    while (now := time.perf_counter()) - changed < _SETTLED_SECONDS:
        if now - began > _LONGEST_LAG_SECONDS:
            break
        time.sleep(0.05)
        if log.stat().st_size != size:
            size, changed = log.stat().st_size, now
    return changed - began


async def measure(way: Way, seconds: float) -> Load:
    """One way, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        write_bot(Path(name), "word")
        file = Path(name) / "the.log"
        with file.open("wb") as log:
            async with serve(way, Path(name), log.fileno()) as (port, pid):
                await load(port, pid, WARM_UP_SECONDS)
                found = await load(port, pid, seconds)
                found.log_lag = await asyncio.to_thread(lag_of, file)
                return found


def _memory(found: Load) -> str:
    """From 20,000 requests on, or from the first look where there were fewer: least to most."""
    seen = [mb for count, mb in found.memory.items() if count >= min(20_000, max(found.memory))]
    return f"{min(seen)}-{max(seen)}"


async def table(seconds: float = SECONDS) -> list[str]:
    """The lines of the table."""
    heads = ("requests/s", "x", "p50", "p99", "p99.9 ms", "requests", "MB", "log lag")
    widths = (10, 5, 7, 7, 10, 9, 9, 9)
    head = " ".join(f"{text:>{width}}" for text, width in zip(heads, widths, strict=True))
    lines = [f"{'serving':<20} {head}"]
    base = 0.0
    for way in WAYS:
        got = await measure(way, seconds)
        base = base or got.requests_a_second
        quantiles = "".join(f" {got.quantile(share):>7.1f}" for share in (0.5, 0.99, 0.999))
        lines.append(
            f"{way.name:<20} {got.requests_a_second:>10.0f} {got.requests_a_second / base:>5.1f}"
            f"{quantiles}    {len(got.latencies):>9} {_memory(got):>9} {got.log_lag:>7.1f} s"
        )
        print(lines[-1], file=sys.stderr)
    return lines


if __name__ == "__main__":
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print("\n".join(asyncio.run(table(wanted))))
