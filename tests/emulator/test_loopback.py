"""Nothing leaves this machine; that no template tries to is held by tests/scaffolds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.test_guide import ask
from tests.outside import Watched
from tests.poe import dev

LEAKY = """\
import socket
import fastapi_poe as fp


class Leaky(fp.PoeBot):
    async def get_response(self, request):
        try:
            socket.create_connection(("192.0.2.1", 80), 1)
        except OSError as error:
            yield fp.PartialResponse(text=str(error))
"""


async def test_an_attempt_to_leave_is_seen_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch is in the bot's own process too."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.py").write_text(LEAKY)
    watched = Watched(tmp_path)
    for name, value in watched.env.items():
        monkeypatch.setenv(name, value)
    async with dev(project, "--no-reload") as poe:
        ready = await poe.line("ready")
        reply = await ask(ready["bots"][0]["url"], "hi")

    assert reply.text == "the network is blocked: 192.0.2.1"
    assert watched.attempts == ["socket.getaddrinfo 192.0.2.1"]
