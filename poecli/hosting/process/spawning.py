"""A process for bots, as its parent needs it: how it starts, and in words how it ended.

Nothing of fastapi_poe is imported here: it is the parent that starts such a process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from poecli.config.python.interpreter import Interpreter
from poecli.errors import BotLoadError
from poecli.hosting.process import bootstrap
from poecli.hosting.process.channel import MAX_LINE_BYTES
from poecli.system_errors import why_of

# What a worker needs beside fastapi_poe and what that brings: pure Python, for any version of it.
_LENT = ("poecli", "dotenv", "tomli")


async def spawn(
    interpreter: Interpreter,
    *arguments: str,
    pass_fds: tuple[int, ...] = (),
    stderr: int | None,
) -> asyncio.subprocess.Process:
    """A program of hosting.process.entry on that Python: its name, then its own arguments.

    Its channel is its stdin and stdout; ``stderr`` is as for a subprocess. Raises BotLoadError
    where the system starts none.
    """
    # A Python started by another framework build of macOS would take itself for that one.
    env = {name: value for name, value in os.environ.items() if name != "__PYVENV_LAUNCHER__"}
    try:
        return await asyncio.create_subprocess_exec(
            *(str(interpreter.executable), bootstrap.__file__, *_lent(), "--", *arguments),
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            limit=MAX_LINE_BYTES,
            **_own_group(pass_fds),
        )
    except OSError as error:
        raise BotLoadError(
            f"{interpreter.executable} can't be started.",
            why=why_of(error),
            hint="Look at that file, and at the memory and processes that are left.",
            id="worker-not-started",
        ) from error


def _own_group(pass_fds: tuple[int, ...]) -> dict[str, Any]:
    """Arguments of a new process: Ctrl-C in the terminal reaches the parent alone.

    The parent then ends its workers in order.
    """
    if sys.platform == "win32":
        return {"creationflags": 0x00000200}  # CREATE_NEW_PROCESS_GROUP
    return {"start_new_session": True, "pass_fds": pass_fds}


def ending(status: int) -> str:
    """How a process ended, in words; a negative status is a signal."""
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-status).name}"
    return f"exit code {status}"


def _lent() -> Iterator[str]:
    """NAME=FOLDER of each, as hosting.process.bootstrap takes them."""
    for name in _LENT:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            yield f"{name}={Path(spec.origin).parent.parent}"
