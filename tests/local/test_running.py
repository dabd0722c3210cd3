from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from poecli.local.running import announced, find_running
from tests.servers import serving

BOTS = [{"name": "A", "url": "http://127.0.0.1:1/"}]


def server(**status: Any) -> web.Application:
    """What answers where a `poe dev` said it would."""

    async def answer(request: web.Request) -> web.Response:
        base_url = str(request.url.origin())
        return web.json_response({"pid": os.getpid(), "base_url": base_url, "bots": BOTS} | status)

    app = web.Application()
    app.router.add_get("/status", answer)
    return app


async def test_a_server_is_found_while_it_runs(tmp_path: Path) -> None:
    """Its bots are told by name; afterwards there is none, and git never saw the file."""
    async with serving(server()) as url:
        with announced(tmp_path / ".poe", url):
            found = await find_running(tmp_path / ".poe")
        afterwards = await find_running(tmp_path / ".poe")

    assert found is not None
    assert (found.base_url, found.bots) == (url, {"A": "http://127.0.0.1:1/"})
    assert afterwards is None
    assert [file.name for file in (tmp_path / ".poe").iterdir()] == [".gitignore"]


@pytest.mark.parametrize("status", [{"pid": 1}, {"bots": None}], ids=["another", "no poe dev"])
async def test_another_server_on_that_port_is_not_taken_for_it(
    tmp_path: Path, status: dict[str, Any]
) -> None:
    """A killed server leaves its file behind, and its port to others."""
    async with serving(server(**status)) as url:
        with announced(tmp_path, url):
            assert await find_running(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "[" * 99_999, json.dumps({"v": 1, "pid": 1, "base_url": "http://example.com/_poe"})],
    ids=["torn", "no object", "deep", "elsewhere"],
)
async def test_a_file_that_a_clone_brought_sends_nobody_elsewhere(
    tmp_path: Path, text: str
) -> None:
    """Only this machine is asked."""
    (tmp_path / "dev.json").write_text(text)
    assert await find_running(tmp_path) is None


async def test_a_later_server_keeps_its_file(tmp_path: Path) -> None:
    """Of two servers the newer one is found, and the older one's end does not take that away."""
    with announced(tmp_path, "http://127.0.0.1:1"):
        newer = json.dumps({"v": 1, "pid": os.getpid() + 1, "base_url": "http://127.0.0.1:2"})
        (tmp_path / "dev.json").write_text(newer)
    assert (tmp_path / "dev.json").read_text() == newer
