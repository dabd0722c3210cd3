"""Restarts under running answers: `poe serve` beside what fastapi_poe's own ways do.

    python -m tests.benchmarks.restarts [RESTARTS] [STREAMS] [SECONDS]

Each restart, of each kind, finds so many answers of 6 s under way; at a SIGHUP a third of them
begin while it goes on. An answer is cut when its `done` does not come. All ways are restarted side
by side, each at a pace of its own; 100 restarts take 20 to 30 minutes. The goals: `poe serve` cuts
none, `fp.run` nearly all; requests/s of `poe serve --workers 2` at least those of `uvicorn
--workers 2`, both with their access log.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
from pathlib import Path

from tests.benchmarks.servers import Connection, Way, serve, write_bot
from tests.benchmarks.serving import load
from tests.processes import all_gone

ROUNDS = 3
SLOW_BOT = """\
import asyncio

import fastapi_poe as fp


class Slow(fp.PoeBot):
    async def get_response(self, request):
        for number in range(60 if request.query[-1].content == "long" else 1):
            yield fp.PartialResponse(text=f"{number} ")
            await asyncio.sleep(0.1)


app = fp.make_app(Slow(), allow_without_key=True)
if __name__ == "__main__":
    import sys

    sys.argv = ["main.py", "--port", sys.argv[1]]
    fp.run(Slow(), allow_without_key=True)
"""
_SERVE = ("-m", "poecli", "serve", "--host", "127.0.0.1", "--port", "{port}")
POE = Way("poe serve", (*_SERVE, "--allow-without-key"))
POE_TWO = Way("poe serve --workers 2", (*POE.command, "--workers", "2"))
FP_RUN = Way("fp.run", ("main.py", "{port}"))
_UVICORN = ("-m", "uvicorn", "main:app", "--port", "{port}", "--workers", "2")
UVICORN_TWO = Way("uvicorn --workers 2", _UVICORN)


async def stream(port: int, begun: asyncio.Event) -> bool:
    """Ask for a long answer; was it whole?"""
    connection = await Connection.open(port)
    try:
        first = await connection.first_bytes("long")
        begun.set()
        answer = await connection.rest(first)
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        begun.set()  # one that is cut before it begins is not waited for
        connection.close()
    return b"event: done" in answer


async def under_way(port: int, signalled: int, number: int, streams: int, late: int) -> int:
    """How many answers are cut when a signal comes; ``late`` of them begin after it."""
    begun = [asyncio.Event() for _ in range(streams)]
    early, later = begun[late:], begun[:late]
    running = [asyncio.create_task(stream(port, event)) for event in early]
    await asyncio.gather(*(asyncio.wait_for(event.wait(), 30) for event in early))
    os.kill(signalled, number)
    for event in later:
        await asyncio.sleep(0.3)  # some before, some while and after the workers change
        running.append(asyncio.create_task(stream(port, event)))
    answers = await asyncio.gather(*running, return_exceptions=True)
    return sum(answer is not True for answer in answers)


async def by_term(way: Way, folder: Path, restarts: int, streams: int) -> int:
    """Answers cut at SIGTERM; the server is started anew each time."""
    cut = 0
    for _ in range(restarts):
        async with serve(way, folder) as (port, pid):
            cut += await under_way(port, pid, signal.SIGTERM, streams, 0)
            await all_gone({pid})
    return cut


async def by_hup(way: Way, folder: Path, restarts: int, streams: int) -> int:
    """Answers cut at a rolling SIGHUP, those included that are asked for while it goes on."""
    cut = 0
    async with serve(way, folder) as (port, pid):
        for _ in range(restarts):
            cut += await under_way(port, pid, signal.SIGHUP, streams, streams // 3)
    return cut


async def speed(way: Way, folder: Path, seconds: float) -> float:
    """Requests/s of 50 clients, the access log written to a file."""
    with (folder / "log").open("wb") as log:
        async with serve(way, folder, log.fileno()) as (port, pid):
            return (await load(port, pid, seconds)).requests_a_second


async def main(restarts: int, streams: int, seconds: float) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_text(SLOW_BOT, encoding="utf-8")
        print(f"answers cut of {restarts * streams:,}, {streams} under way at each restart")
        kinds = [
            *(("SIGTERM", way, by_term) for way in (POE, FP_RUN)),
            *(("SIGHUP", way, by_hup) for way in (POE_TWO, UVICORN_TWO)),
        ]
        cut = await asyncio.gather(*(by(way, folder, restarts, streams) for _, way, by in kinds))
        for (kind, way, _), number in zip(kinds, cut, strict=True):
            print(f"  {way.name:<24} {kind:<8} {number:>6,}", flush=True)
        write_bot(folder, "word")
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for way in (POE_TWO, UVICORN_TWO):
                found.setdefault(way.name, []).append(await speed(way, folder, seconds))
        ours, theirs = (sorted(found[way.name])[ROUNDS // 2] for way in (POE_TWO, UVICORN_TWO))
        print(f"requests/s, median of {ROUNDS} rounds of {seconds:g} s")
        print(f"  {POE_TWO.name:<24} {ours:>8,.0f}")
        print(f"  {UVICORN_TWO.name:<24} {theirs:>8,.0f}   ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("restarts", nargs="?", type=int, default=100, help="of each kind")
    parser.add_argument("streams", nargs="?", type=int, default=20)
    parser.add_argument("seconds", nargs="?", type=float, default=10.0)
    asyncio.run(main(**vars(parser.parse_args())))
