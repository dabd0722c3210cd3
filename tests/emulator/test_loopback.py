"""Nothing leaves this machine: no process of `poe dev` connects to anything but the loopback."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan
from tests.emulator.test_guide import ask
from tests.poe import DevProcess, dev

# Runs at the start of every Python process below the test's: each attempt to resolve a name or to
# connect is seen by an audit hook, which no code can remove.
WATCH = """\
import os
import sys

LOOPBACK = ("127.", "localhost", "::1", "0.0.0.0")


def watch(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host and not host.startswith(LOOPBACK):
        with open(os.environ["SEEN_OUTSIDE"], "a") as log:
            log.write(f"{event} {host}\\n")
        raise OSError(f"the network is blocked: {host}")


with open(os.environ["SEEN_OUTSIDE"] + ".watched", "a") as log:
    log.write(f"{os.getpid()}\\n")
sys.addaudithook(watch)
"""
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
KEY = "k" * 32
# These two use what Poe gives to bots with an access key only; any key of that length will do.
WITH_KEY = {"attachment-output", "costs"}
NAMES = [template.name for template in all_templates()]
KEYS = {"POE_API_KEY", "POE_ACCESS_KEY", "POE_BASE_URL"}


class Watched:
    """Where the watchers of all processes write what they saw."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "outside.txt"
        (folder / "sitecustomize.py").write_text(WATCH)
        paths = [str(folder), os.environ.get("PYTHONPATH", "")]
        self.env = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "SEEN_OUTSIDE": str(self._log),
        }

    @property
    def attempts(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    @property
    def processes(self) -> int:
        return len(Path(f"{self._log}.watched").read_text().splitlines())


@asynccontextmanager
async def watched_dev(
    project: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch, *flags: str
) -> AsyncIterator[DevProcess]:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    for name, value in watched.env.items():
        monkeypatch.setenv(name, value)
    async with dev(project, "--no-reload", *flags) as poe:
        yield poe


@pytest.mark.parametrize("name", NAMES)
async def test_a_fresh_scaffold_answers_without_a_network(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every template, with no key: an answer, and not one attempt to leave the loopback."""
    project = tmp_path / "project"
    carry_out(plan(NewOptions(template=name, directory=str(project))))
    watched = Watched(tmp_path)
    flags = ["--access-key", KEY] if name in WITH_KEY else []
    async with watched_dev(project, watched, monkeypatch, *flags) as poe:
        ready = await poe.line("ready")
        reply = await ask(ready["bots"][0]["url"], "What is the weather in Tokyo?", key=KEY)

    said = reply.text or reply.files or (reply.error and reply.error.text)
    assert said
    # A model server of the author's own is on this machine as well, and not running here.
    assert (reply.error is None) is (name != "llm-wrapper")
    assert watched.attempts == []
    assert watched.processes >= 2


async def test_an_attempt_to_leave_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch is in the bot's own process too."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.py").write_text(LEAKY)
    watched = Watched(tmp_path)
    async with watched_dev(project, watched, monkeypatch) as poe:
        ready = await poe.line("ready")
        reply = await ask(ready["bots"][0]["url"], "hi")

    assert reply.text == "the network is blocked: 192.0.2.1"
    assert watched.attempts == ["socket.getaddrinfo 192.0.2.1"]
