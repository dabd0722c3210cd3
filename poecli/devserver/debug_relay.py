"""One port for the debugger, whichever generation answers.

Each worker opens a debugpy port of its own; this passes what arrives at the fixed one on to the
current generation's. A reload hangs up, and an editor that attaches with "restart": true is back
at once. https://code.visualstudio.com/docs/python/debugging
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from poecli.errors import UsageError
from poecli.system_errors import why_of
from poecli.waiting import cancel_and_wait

DEFAULT_PORT = 5678  # debugpy's own, which editors suggest
_PIECE_BYTES = 65536


class DebugRelay:
    """Listens on 127.0.0.1; ``find_port`` gives the current generation's port, None for none."""

    def __init__(self, find_port: Callable[[], int | None]) -> None:
        self.port = 0
        self._find_port = find_port
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self, port: int = DEFAULT_PORT) -> None:
        """Listen. Raises UsageError when the port is taken."""
        try:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        except OSError as error:
            raise UsageError(
                f"The debugger can't listen on port {port}.",
                why=why_of(error),
                hint="End the other debug session, or leave out --debug.",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        """Another generation answers now: let the debugger attach anew."""
        for session in self._sessions:
            session.cancel()

    async def close(self) -> None:
        """Hang up and stop listening."""
        if self._server is not None:
            self._server.close()  # first: an editor that is hung up on is back at once
        await cancel_and_wait(*self._sessions)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.create_task(self._relay(reader, writer))
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            port = self._find_port()
            if port is None:
                return
            from_bot, to_bot = await asyncio.open_connection("127.0.0.1", port)
            writers.append(to_bot)
            ways = {
                asyncio.create_task(_pump(reader, to_bot)),
                asyncio.create_task(_pump(from_bot, writer)),
            }
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel_and_wait(*ways)
        except OSError:
            return  # that generation has just ended
        except asyncio.CancelledError:
            for one in writers:
                one.transport.abort()  # an editor that reads nothing is not waited for
            raise
        finally:
            for one in writers:
                one.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_PIECE_BYTES):
        writer.write(data)
        await writer.drain()
