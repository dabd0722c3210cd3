"""How long `poe check` takes on the echo scaffold, against as many raw requests.

    python tests/benchmarks/check.py

The yardstick sends the same number of plain questions, one after another, over one session.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from poecli.client.address import request_headers
from poecli.commands.check.local_bot import checked_bots
from poecli.conformance.runner import CheckOptions, Subject, check
from poecli.local.flags import LocalFlags
from poecli.probe import queries
from poecli.resources import data_folder

ROUNDS = 3


async def raw(subject: Subject, requests: int) -> float:
    """Seconds for so many plain questions, without any judgement."""
    start = time.monotonic()
    headers = {**request_headers(subject.bot.key), "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(requests):
            async with session.post(subject.bot.url, json=queries.query()) as response:
                await response.read()
    return time.monotonic() - start


async def main() -> None:
    """Print the table."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        env = {**os.environ, "HOME": home, "POE_ACCESS_KEY": "k" * 32}
        target = str(data_folder("scaffolds") / "echo" / "main.py")
        flags = LocalFlags.for_one_command(target, examine_all=True)
        local = await stack.enter_async_context(checked_bots(env, flags, print, print))
        [subject] = local.subjects
        await check(subject, CheckOptions())  # warm
        print(f"{'requests':>8} {'check':>8} {'raw':>8} {'factor':>7}")
        for _ in range(ROUNDS):
            report = await check(subject, CheckOptions())
            seconds = await raw(subject, report.requests)
            factor = report.seconds / seconds
            print(f"{report.requests:>8} {report.seconds:>7.2f}s {seconds:>7.2f}s {factor:>6.1f}x")


if __name__ == "__main__":
    asyncio.run(main())
