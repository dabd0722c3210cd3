"""The same bot, served by poe dev, by fastapi_poe on uvicorn and by `fastapi dev`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from tests.servers import closed_port

# "events N" answers N events; anything else is said back after the word.
BOT = """\
{imports}
import fastapi_poe as fp

WORD = "{word}"


class Echo(fp.PoeBot):
    async def get_response(self, request):
        said = request.query[-1].content
        if said.startswith("events "):
            for number in range(int(said[7:])):
                yield fp.PartialResponse(text="five!")
        yield fp.PartialResponse(text=f"{{WORD}}: {{said}}")


app = fp.make_app(Echo(), allow_without_key=True)
"""
_START_SECONDS = 60


def write_bot(folder: Path, word: str, imports: str = "") -> None:
    """Save the bot atomically."""
    beside = folder / "main.py.tmp"
    beside.write_text(BOT.format(word=word, imports=imports), encoding="utf-8")
    beside.replace(folder / "main.py")


@dataclass(frozen=True)
class Way:
    """One way to serve ``main.py``; ``{port}`` stands for the port.

    ``program`` is run with the command, and with ``env`` instead of this process's.
    """

    name: str
    command: tuple[str, ...]
    program: str = sys.executable
    env: Mapping[str, str] | None = None


def poe(*flags: str) -> Way:
    """poe dev, with the tap on and its log written, as an author has it."""
    command = ("-m", "poecli", "dev", "--port", "{port}", *flags)
    return Way(" ".join(("poe dev", *flags)), command)


# Faster with uvicorn[standard], whose uvloop and httptools it takes by itself where they are.
UVICORN = Way(
    "uvicorn[standard]" if find_spec("uvloop") and find_spec("httptools") else "uvicorn",
    ("-m", "uvicorn", "main:app", "--port", "{port}"),
)
UVICORN_RELOAD = Way("uvicorn --reload", (*UVICORN.command, "--reload"))
# It comes with fastapi[standard]; without that there is one yardstick less.
FASTAPI_DEV = [Way("fastapi dev", ("-m", "fastapi", "dev", "main.py", "--port", "{port}"))] * (
    find_spec("fastapi_cli") is not None
)


@asynccontextmanager
async def serve(
    way: Way, folder: Path, log: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[tuple[int, int]]:
    """The port it answers on, and its pid; what it prints goes to the file descriptor ``log``."""
    port = closed_port()
    process = await asyncio.create_subprocess_exec(
        way.program,
        *(part.format(port=port) for part in way.command),
        cwd=folder,
        env=way.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        await asyncio.wait_for(_answers(port), _START_SECONDS)
        yield port, process.pid
    finally:
        if process.returncode is None:
            # Not send_signal, which collects a process that has ended, behind asyncio's back.
            with suppress(ProcessLookupError):  # ended, and not yet collected
                os.kill(process.pid, signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except asyncio.TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _answers(port: int) -> None:
    while not await ask(port, "ready?"):  # noqa: ASYNC110 - a server tells in no other way
        await asyncio.sleep(0.05)


class Connection:
    """A raw client that costs next to nothing: the server is what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        """A connection that is kept alive."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))

    async def first_bytes(self, said: str) -> bytes:
        """Ask; what has come when the first event has."""
        self._writer.write(_request(said))
        head = await self._reader.readuntil(b"\r\n\r\n")
        return head + await self._reader.read(65536)

    async def rest(self, begun: bytes) -> bytes:
        """The whole answer."""
        parts = [begun]
        while not parts[-1].endswith(b"0\r\n\r\n"):
            part = await self._reader.read(262144)
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def ask(port: int, said: str) -> bytes:
    """One answer on a connection of its own; empty when nobody answers."""
    try:
        connection = await Connection.open(port)
    except OSError:
        return b""
    try:
        return await asyncio.wait_for(connection.rest(await connection.first_bytes(said)), 10)
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
        return b""
    finally:
        connection.close()


_messages = count()


def _request(said: str) -> bytes:
    body = (
        '{"version":"1.2","type":"query","user_id":"u","conversation_id":"c",'
        f'"message_id":"m-{next(_messages):07}","query":[{{"role":"user","content":"{said}"}}]}}'
    ).encode()
    head = (
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def memory_mb(pid: int) -> list[int]:
    """Resident megabytes of a process and of all below it, by /proc; empty elsewhere."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if int(folder.name) == pid:
                pages = int((folder / "statm").read_text().split()[1])
                found.insert(0, pages * os.sysconf("SC_PAGE_SIZE") // 2**20)
            elif parent == pid:
                found += memory_mb(int(folder.name))
    return found
