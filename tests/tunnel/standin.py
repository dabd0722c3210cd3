"""Stand-ins for a tunnel client: ``standin.py KIND PORT`` forwards bytes as a tunnel of that kind.

A third word is the port to listen on; else it is any free one.

honest    each piece as it comes
buffers   the answer once it is whole
dies      honest, and gone a moment after it has carried a stream
late      prints its URL after half a second, after a line that names a page of its maker's
silent    prints no URL
broken    ends at once, and says why
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

PIECE = 64 * 1024


async def main(kind: str, port: int, own: int = 0) -> None:
    """Forward until it is ended."""
    if kind == "broken":
        sys.exit("authentication failed: the token is missing")
    served = asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        answer = copy(there_reader, writer, hold=kind == "buffers")
        stream, _ = await asyncio.gather(answer, copy(reader, there_writer))
        if stream:
            served.set()

    server = await asyncio.start_server(forward, "127.0.0.1", own)
    if kind == "late":
        say("see https://tunnels.example/docs for help")
        await asyncio.sleep(0.5)
    if kind != "silent":
        say(f"forwarding http://127.0.0.1:{port}")
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        say(f"your url is: {url}")
    if kind == "dies":
        await served.wait()
        await asyncio.sleep(2.0)  # what is looked at behind the stream takes its time
        sys.exit("the session was closed by the server")
    await server.serve_forever()


def say(line: str) -> None:
    """As clients do, on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, hold: bool = False
) -> bool:
    """Bytes from here to there; held until there is a pause longer than any answer's.

    Whether an event stream was among them.
    """
    held, stream = b"", False
    with contextlib.suppress(ConnectionError):
        while True:
            waiting = asyncio.wait_for(reader.read(PIECE), 0.7 if held else None)
            try:
                piece = await waiting
            except asyncio.TimeoutError:
                piece, held = held, b""
                writer.write(piece)
                continue
            held += piece
            stream = stream or b"event-stream" in held
            if not hold or not piece:
                writer.write(held)
                held = b""
            if not piece:
                break
    writer.close()
    return stream


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
