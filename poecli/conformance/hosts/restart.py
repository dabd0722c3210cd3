"""A bot's own server, started as where it is deployed, and told to end in mid-answer.

The command is that of the Dockerfile, of the Procfile, or the file's main block, run on the bot's
own Python. It answers with words of ours, see ``long_answer``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, stream_events
from poecli.config.credentials import Secret
from poecli.config.redaction import without_shapes
from poecli.conformance.hosts import long_answer
from poecli.conformance.hosts.long_answer.sitecustomize import BEGINNING, SECONDS
from poecli.conformance.hosts.start import DeployedCommand, NotStarted
from poecli.conformance.results import Finding, Run
from poecli.errors import PoeCliError
from poecli.probe import queries
from poecli.protocol import events
from poecli.protocol.requests import QueryRequest
from poecli.system_errors import reason_of
from poecli.terminal.foreign import one_line
from poecli.waiting import within

RULE = "restart-cuts-answers"
_WORD = "begins"
# uvicorn looks for signals each 0.5 s with several workers, and sse_starlette for the end as often.
_ANSWER_SECONDS = 3.0
_START_SECONDS = 60.0
_END_SECONDS = 5.0
_STEP_SECONDS = 0.05
_MADE_UP_KEY = "made-up-key-for-the-restart-test"


@dataclass(frozen=True)
class OwnServer:
    """How the bot is served; ``variables`` are those of its access keys, ``path`` the bot's."""

    command: DeployedCommand
    folder: Path
    python: Path
    env: Mapping[str, str]
    variables: Sequence[str]
    path: str
    key: Secret | None

    def environment(self, port: int) -> dict[str, str]:
        """The variables of the process: those of the image, and a key where there is none."""
        keys = {name: _MADE_UP_KEY for name in self.variables if not self.env.get(name)}
        found = {**self.env, **keys, **self.command.variables}
        paths = [str(self.python.parent), self.env.get("PATH", "")]
        packages = [str(Path(long_answer.__file__).parent), found.get("PYTHONPATH", "")]
        return {
            **found,
            "PORT": str(port),
            "PATH": os.pathsep.join(filter(None, paths)),
            "PYTHONPATH": os.pathsep.join(filter(None, packages)),
            BEGINNING: _WORD,
            SECONDS: str(_ANSWER_SECONDS),
        }


async def look_at_restart(server: OwnServer, shown: Callable[[Path], str]) -> Run:
    """Start it, ask it, end it by SIGTERM, and see whether the answer comes to its end."""
    if sys.platform == "win32":
        return Run((), frozenset(), {RULE: "Windows has no SIGTERM"})
    command = server.command
    try:
        fault = await _fault(server)
    except NotStarted as reason:
        return Run((), frozenset(), {RULE: f"`{command}`: {reason}"})
    place = f"{shown(command.file)}:{command.line}"
    found = (Finding(RULE, f"`{command}` {fault}", place=place),) if fault else ()
    return Run(found, frozenset({RULE}))


_CUT = "cut the answer that was under way at SIGTERM"
# In a container that shell is process 1, which SIGTERM does not end: after a while all are killed.
_UNTOLD = "tells a shell to end, and not the server below it: begin the command with exec"


async def _fault(server: OwnServer) -> str:
    """What a SIGTERM does to an answer; "" when it comes to its end. Raises NotStarted."""
    async with _running(server) as (process, port):
        url = f"http://127.0.0.1:{port}{server.path}"
        bot = BotAddress.at(url, server.key or Secret(_MADE_UP_KEY))
        query = QueryRequest.model_validate(queries.query(queries.message()))
        told, fault = False, ""
        timeouts = Timeouts(first_event=_START_SECONDS, total=_START_SECONDS)
        try:
            async for event in stream_events(query, bot, timeouts=timeouts):
                if not isinstance(event, events.Text):
                    continue
                if told:
                    # Whoever has an answer to give can't have ended before it.
                    fault = "" if process.returncode is None else _UNTOLD
                elif event.text == _WORD:
                    told = True
                    _tell(process)
                else:
                    raise NotStarted("it does not answer by PoeBot.handle_query")
        except PoeCliError as error:
            if told:
                return _CUT
            raise NotStarted(one_line(error.message)) from error
        if not told:
            raise NotStarted("its answer had no text")
        return fault


def _tell(process: Process) -> None:
    """Tell it to end. Raises NotStarted where its command has ended before."""
    try:
        process.send_signal(signal.SIGTERM)
    except ProcessLookupError:
        code = process.returncode
        raise NotStarted(f"it ended with exit code {code}, before its server") from None


@contextlib.asynccontextmanager
async def _running(server: OwnServer) -> AsyncIterator[tuple[Process, int]]:
    """The server and its port, until the block ends; then whatever is left of it is killed."""
    own = _free_port()
    ports = [own, *(port for port in server.command.ports if _is_free(port))]
    with tempfile.TemporaryFile() as log:
        process = await _started(server, own, log)
        try:
            yield process, await _listening(process, ports, log)
            with contextlib.suppress(asyncio.TimeoutError):
                await within(process.wait(), _END_SECONDS)
        finally:
            if sys.platform != "win32":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _started(server: OwnServer, port: int, log: IO[bytes]) -> Process:
    """Raises NotStarted."""
    try:
        return await asyncio.create_subprocess_exec(
            *server.command.arguments(port),
            cwd=server.folder,
            env=server.environment(port),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:  # an image has programs that this machine has not
        raise NotStarted(f"it can't be started: {reason_of(error)}") from error


async def _listening(process: Process, ports: Sequence[int], log: IO[bytes]) -> int:
    """The port that the server opened. Raises NotStarted."""
    for _ in range(round(_START_SECONDS / _STEP_SECONDS)):
        for port in ports:
            if not _is_free(port):
                return port
        if process.returncode is not None:
            log.seek(0)
            lines = log.read().decode("utf-8", "replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "")
            said = f": {one_line(without_shapes(last))}" if last else ""
            raise NotStarted(f"it ended with exit code {process.returncode}{said}")
        await asyncio.sleep(_STEP_SECONDS)
    raise NotStarted(f"it did not listen on {' or '.join(map(str, ports))} within a minute")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
