"""Files that callers on this machine serve themselves are kept, for they end with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.dev_events import TurnStarted
from poecli.emulator.attached_files import AttachedFiles
from poecli.emulator.bots.upstream import SharedSession
from poecli.emulator.state.files import FileStore
from poecli.http1.file_server import file_server
from poecli.turns.kept import KeptAnswer, KeptTurn

HERE = (b"Host", b"127.0.0.1:8080")


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        pytest.param([HERE], [b"bytes"], id="from here"),
        pytest.param([(b"host", b"[::1]:8080")], [b"bytes"], id="by IPv6"),
        pytest.param([(b"host", b"localhost")], [b"bytes"], id="by name"),
        pytest.param([(b"host", b"my-bot.example")], [], id="from elsewhere"),
        pytest.param([HERE, (b"X-Forwarded-For", b"192.0.2.1")], [], id="through a proxy"),
        pytest.param([], [], id="from nobody knows where"),
    ],
)
async def test_an_attached_file_outlives_its_server(
    headers: list[tuple[bytes, bytes]], found: list[bytes], tmp_path: Path
) -> None:
    """It is found by its URL; nobody else has this machine asked."""
    shared = SharedSession()
    attached = AttachedFiles(FileStore(tmp_path / "files"), shared)
    async with file_server() as server:
        url = server.add("token/a.txt", "text/plain", b"bytes")
        gone = f"{server.url}/no/such.txt"
        files = [{"url": u, "name": "a.txt", "content_type": "text/plain"} for u in (url, gone)]
        request = {"query": [{"content": "read", "attachments": files}]}
        for _ in range(2):
            attached.keep(TurnStarted(1, "query", "/", 1, request=request, headers=headers))
        await attached.close()
    await shared.close()

    turn = KeptTurn(1, "r-1", 0, "Bot", request, KeptAnswer(), folder=tmp_path)
    assert [file.read() for file in turn.files] == found
