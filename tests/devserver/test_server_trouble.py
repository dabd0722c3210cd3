"""Trouble between the network and us is one line, and the same trouble is told once."""

from __future__ import annotations

import asyncio
import errno
import os

from poecli.dev_events import Advice, DevEvent, Notice
from poecli.devserver.server_trouble import ServerTrouble


async def test_used_up_file_descriptors_are_told_once_with_the_cure() -> None:
    """However often the loop says so: asyncio does 1,024 times for each look at the port."""
    reports: list[DevEvent] = []
    trouble = ServerTrouble(reports.append)
    error = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    for _ in range(1_024):
        trouble.on_loop_error(
            asyncio.get_running_loop(),
            {"message": "socket.accept() out of system resource", "exception": error},
        )
    (advice,) = reports
    assert isinstance(advice, Advice)
    assert "ulimit -n" in advice.hint


def test_a_server_error_is_one_line() -> None:
    """aiohttp's own form is a traceback for each malformed request."""
    reports: list[DevEvent] = []
    trouble = ServerTrouble(reports.append)
    for _ in range(3):
        trouble.logger.error("Error handling request", exc_info=ValueError("bad\nrequest"))
    (notice,) = reports
    assert isinstance(notice, Notice)
    assert notice.text == "Error handling request: ValueError: bad"
