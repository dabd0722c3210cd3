"""A provider's program, run to its end: its output passed on line by line, and kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.deploy.providers.provider import SECRETS_FILE, Command
from poecli.errors import PoeCliError, UsageError
from poecli.safe_files import write_whole
from poecli.waiting import cancel_and_wait, exit_code, let_go, within

_LONGEST_LINE = 1 << 20
# What a command leaves running may keep its output open.
_REST_SECONDS = 1.0
# For what has heard Ctrl-C itself: after a second one programs end without clearing up.
_HEARD_SECONDS = 2.0
_WHERE = {
    "modal": "python -m pip install modal, then: modal setup",
    "docker": "https://docs.docker.com/engine/install/",
    "fly": "https://fly.io/docs/flyctl/install/, then: fly auth login",
}
# A URL in a table must not be broken over lines.
_WIDE = {"COLUMNS": "200", "NO_COLOR": "1"}


class ProviderFailed(PoeCliError):
    """The provider's own program ended with an error, which was shown."""

    id = "provider-failed"


@dataclass(frozen=True)
class ProviderShell:
    """In which commands run; ``show`` gets each line of their output."""

    folder: Path
    env: Mapping[str, str]
    show: Callable[[str], None]
    secrets: bytes = b""

    def path_of(self, program: str) -> str:
        """Where a program is. Raises UsageError for one that is not installed."""
        found = shutil.which(program, path=self.env.get("PATH"))
        if found is None:
            raise UsageError(
                f"{program} is not installed.", hint=_WHERE.get(program, ""), id="no-such-program"
            )
        return found


async def run(command: Command, around: ProviderShell) -> str:
    """The output of a command that succeeds. Raises ProviderFailed and UsageError."""
    with tempfile.TemporaryDirectory(prefix="poe-deploy-") as folder:
        file = Path(folder) / "secrets"
        if SECRETS_FILE in command.words:
            write_whole(file, around.secrets)
        process = await _start(command, around, str(file))
        lines: list[str] = []
        show = around.show if not command.may_fail else lambda _line: None
        reading = asyncio.create_task(_read(process, lines, show))
        try:
            await _send(process, around.secrets if command.reads_secrets else b"")
            code = await exit_code(process)
        except asyncio.CancelledError:
            await _interrupt(process)
            raise
        finally:
            await asyncio.wait({reading}, timeout=_REST_SECONDS)
            await cancel_and_wait(reading)
            let_go(process)
    if code and not command.may_fail:
        raise ProviderFailed(
            f"{command.program or 'The command'} failed with exit code {code}.",
            why=f"It was: {command}",
            hint="Its output is above. The same `poe deploy` goes on where it stopped.",
        )
    return "\n".join(lines)


async def _start(command: Command, around: ProviderShell, secrets_file: str) -> Process:
    settings: dict[str, Any] = {
        "stdin": PIPE if command.reads_secrets else DEVNULL,
        "stdout": PIPE,
        "stderr": STDOUT,
        "cwd": around.folder,
        "env": {**around.env, **_WIDE},
        "limit": _LONGEST_LINE,
    }
    if isinstance(command.words, str):
        return await asyncio.create_subprocess_shell(command.words, **settings)
    words = [secrets_file if word == SECRETS_FILE else word for word in command.words]
    return await asyncio.create_subprocess_exec(around.path_of(words[0]), *words[1:], **settings)


async def _send(process: Process, data: bytes) -> None:
    if process.stdin is not None:
        try:
            process.stdin.write(data)
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it ended without reading: its exit code tells
        process.stdin.close()


async def _read(process: Process, lines: list[str], show: Callable[[str], None]) -> None:
    while process.stdout is not None and (raw := await _line(process.stdout)):
        lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
        with contextlib.suppress(OSError):  # whoever watched is gone: the program must not wait
            show(lines[-1])


async def _line(output: asyncio.StreamReader) -> bytes:
    """The next one, b"" at the end; what is longer than a line may be is passed over."""
    while True:
        with contextlib.suppress(ValueError):
            return await output.readline()


async def _interrupt(process: Process) -> None:
    """Ctrl-C reaches the program by itself on a terminal; elsewhere it is passed on, at a second
    one at once.
    """
    try:
        with contextlib.suppress(asyncio.TimeoutError):
            await within(exit_code(process), _HEARD_SECONDS)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
    await exit_code(process)
