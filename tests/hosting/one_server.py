"""A bot file served in a process of its own, by fastapi_poe on uvicorn or by our server.

    python -m tests.hosting.one_server theirs|ours FILE PING_SECONDS MAX_BODY

Prints the port it got, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from sse_starlette.sse import EventSourceResponse

from poecli.config.target import Target
from poecli.hosting.finding import discovery
from poecli.hosting.serving.bot_server import BotServer


def serve_theirs(file: Path, listener: socket.socket, ping: float) -> None:
    """As fp.run does: the app that make_app built, on uvicorn."""
    # The interval is typed as an int, and any number is taken.
    setattr(EventSourceResponse, "DEFAULT_PING_INTERVAL", ping)  # noqa: B010
    sys.path.insert(0, str(file.parent))
    app = importlib.import_module(file.stem).app
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))

    def stop_at_end_of_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    server.run(sockets=[listener])


async def serve_ours(
    loaded: discovery.Loaded, listener: socket.socket, ping: float, max_body: int
) -> None:
    """As `poe dev`'s worker does."""
    server = BotServer(loaded, on_error=lambda _error: None, ping_seconds=ping, max_body=max_body)
    async with server.serving() as http_server:
        listening = await asyncio.get_running_loop().create_server(http_server, sock=listener)
        await asyncio.to_thread(sys.stdin.read)
        listening.close()


def main() -> None:
    """Serve until nobody is there any more."""
    kind, file, ping, max_body = sys.argv[1:]
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    if kind == "theirs":
        serve_theirs(Path(file), listener, float(ping))
    else:
        loaded = discovery.load(Target.parse(file, Path.cwd()))
        asyncio.run(serve_ours(loaded, listener, float(ping), int(max_body)))


if __name__ == "__main__":
    main()
