"""The `poe dev` that runs for a project: it says where, in a file that other commands read.

What the file says counts only as long as a server answers there with the same process id: one that
was killed leaves its file behind, and its port to others.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.addresses import is_loopback_url
from poecli.client.exchange import body_of
from poecli.client.http import open_session
from poecli.client.peer import Peer
from poecli.errors import PoeCliError
from poecli.protocol.foreign_json import loads
from poecli.safe_files import keep_out_of_git, write_whole

_FILE = "dev.json"
_SECONDS = 2.0  # it answers from memory


@dataclass(frozen=True)
class RunningServer:
    """A running `poe dev`: its bots by name, each with its URL, and where its local Poe is asked.

    While the author's file can't be loaded there are no bots.
    """

    base_url: str
    bots: Mapping[str, str]


@contextlib.contextmanager
def announced(state: Path, base_url: str) -> Iterator[None]:
    """Other commands find this process's server until the block ends; ``state`` is `.poe`."""
    file = state / _FILE
    own = {"v": 1, "pid": os.getpid(), "base_url": base_url}
    with contextlib.suppress(OSError):  # a full disk: they start one of their own
        write_whole(file, json.dumps(own).encode())
        keep_out_of_git(state)
    try:
        yield
    finally:
        if _read(file).get("pid") == os.getpid():
            with contextlib.suppress(OSError):
                file.unlink()


async def find_running(state: Path) -> RunningServer | None:
    """The server that runs for the project of this `.poe`; None when there is none."""
    said = _read(state / _FILE)
    url = f"{said.get('base_url')}/status"
    if not is_loopback_url(url):  # the file may have come with a cloned project
        return None
    try:
        async with open_session() as session:
            body = await body_of(
                session, session.build_request("GET", url), Peer(url), seconds=_SECONDS
            )
        status = loads(body)
        if status["pid"] != said.get("pid"):
            return None
        bots = {str(bot["name"]): str(bot["url"]) for bot in status["bots"]}
        return RunningServer(str(status["base_url"]), bots)
    except (PoeCliError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _read(file: Path) -> dict[str, Any]:
    try:
        value = loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
