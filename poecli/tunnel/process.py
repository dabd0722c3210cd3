"""A tunnel client that runs: what it prints, the URL in it, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from poecli.config.redaction import without_shapes
from poecli.errors import NotReachable
from poecli.terminal.foreign import clean
from poecli.tunnel.clients import TunnelClient
from poecli.waiting import cancel_and_wait, exit_code, let_go, within

_KEEPER = Path(__file__).with_name("keeper.py")
_KEPT_LINES = 12
_LONGEST_LINE = 2_000
_END_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.5
_CONNECT_SECONDS = 10.0


class TunnelProcess:
    """One run of a client; ``output`` are its last lines."""

    def __init__(self, client: TunnelClient, port: int) -> None:
        self._client = client
        self._port = port
        self.output: deque[str] = deque(maxlen=_KEPT_LINES)
        self._url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._connected = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[str] | None = None

    async def start(self, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Start it; ``say`` hears each line. Raises UsageError when it is not installed."""
        words = self._client.command(self._port, env)
        group = 0x00000200 if sys.platform == "win32" else 0  # CREATE_NEW_PROCESS_GROUP
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_KEEPER), *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=env,
            # Ctrl-C is ours: we end it in order.
            start_new_session=sys.platform != "win32",
            creationflags=group,
        )
        self._watching = asyncio.create_task(self._watch(self._process, say))

    async def url(self, seconds: float) -> str:
        """The URL that it prints. Raises NotReachable when it ends before, or prints none."""
        try:
            url = await within(asyncio.shield(self._url), seconds)
        except asyncio.TimeoutError:
            raise NotReachable(
                f"{self._client.name} has not printed a public address within {seconds:g} s.",
                detail="\n".join(self.output),
                hint="See its output. For a tunnel that prints none: --tunnel-url https://…",
                id="tunnel-without-url",
            ) from None
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._connected.wait(), _CONNECT_SECONDS)
        return url

    async def during(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this work. Raises NotReachable when the client ends before it is done."""
        working, ending = asyncio.create_task(work), asyncio.create_task(self.ended())
        try:
            await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise self._over(f"({ending.result()})")
        finally:
            await cancel_and_wait(working, ending)

    async def ended(self) -> str:
        """Wait for its end; how it ended."""
        if self._watching is None:
            raise RuntimeError("the client has not been started")
        return await asyncio.shield(self._watching)

    async def close(self) -> None:
        """End it, and wait until it has ended."""
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await within(exit_code(process), _END_SECONDS)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
            await exit_code(process)
        await cancel_and_wait(watching)
        let_go(process)
        self._url.cancel()

    async def _watch(self, process: asyncio.subprocess.Process, say: Callable[[str], None]) -> str:
        """Read what it prints until it ends; how it ended."""
        reading = asyncio.create_task(self._read(process, say))
        try:
            how = f"exit code {await exit_code(process)}"
            # What it has started may hold the pipe open.
            await asyncio.wait({reading}, timeout=_LAST_WORDS_SECONDS)
        finally:
            reading.cancel()
        if not self._url.done():
            self._url.set_exception(self._over(f"before it printed a public address ({how})"))
            self._url.exception()  # it may be that nobody asks
        return how

    def _over(self, how: str) -> NotReachable:
        return NotReachable(
            f"{self._client.name} ended {how}.",
            detail="\n".join(self.output),
            hint="Its own output says why.",
            id="tunnel-ended",
        )

    async def _read(self, process: asyncio.subprocess.Process, say: Callable[[str], None]) -> None:
        held = b""
        while process.stdout is not None and (chunk := await process.stdout.read(64 * 1024)):
            *lines, held = (held + chunk).split(b"\n")
            for raw in lines:
                self._take(raw, say)
            held = held[-_LONGEST_LINE:]
        self._take(held, say)

    def _take(self, raw: bytes, say: Callable[[str], None]) -> None:
        line = clean(without_shapes(raw[:_LONGEST_LINE].decode("utf-8", "replace"))).strip()
        if line:
            self.output.append(line)
            say(line)
        if self._client.connected in line:
            self._connected.set()
        if not self._url.done() and (url := self._client.url_in(line, self._port)):
            self._url.set_result(url)


@asynccontextmanager
async def running(
    client: TunnelClient, port: int, env: Mapping[str, str], say: Callable[[str], None]
) -> AsyncIterator[TunnelProcess]:
    """The client, until the block ends. Raises UsageError when it is not installed."""
    process = TunnelProcess(client, port)
    try:
        await process.start(env, say)
        yield process
    finally:
        await process.close()
