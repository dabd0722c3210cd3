"""How a bot is started where it is deployed: by which command, on which port."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from poecli.conformance.hosts.image import COMMAND_FILES, ImageCommand
from poecli.conformance.hosts.modal_functions import look_at_modal
from poecli.source.python_file import PythonFile, argument, dotted

_SDK_RUN = {"fp.run", "fastapi_poe.run"}
_RUNNERS = {*_SDK_RUN, "uvicorn.run"}
_GAP = "\0"  # between arguments, where a shell has a blank
_PORT = re.compile(rf"((?:^|[ {_GAP}])(?:--port|-p)[ ={_GAP}])\d+(?=$|[ {_GAP}])")
_ADDRESS = re.compile(rf"((?:^|[ {_GAP}])(?:--bind|-b)[ ={_GAP}][^ {_GAP}]*:)\d+(?=$|[ {_GAP}])")


@dataclass(frozen=True)
class DeployedCommand:
    """A command, and the line of a file that has it; ``folder`` is where it is run."""

    command: ImageCommand
    file: Path
    folder: Path

    def __str__(self) -> str:
        return str(self.command)

    @property
    def line(self) -> int:
        return self.command.line

    @property
    def variables(self) -> Mapping[str, str]:
        """Those that the image sets."""
        return self.command.variables

    @property
    def ports(self) -> list[int]:
        """Ports that it may open although it was given another."""
        runs = self._runs()
        named = [argument(call, "port") for call in runs]
        literals = [getattr(port, "value", None) for port in named]
        exposed = [int(self.command.port)] if self.command.port.isdecimal() else []
        found = [port for port in literals if isinstance(port, int)]
        return list(dict.fromkeys((*found, *exposed)))

    def arguments(self, port: int) -> list[str]:
        """The command on a port of our own, as far as it says one."""
        text = _GAP.join(self.command.arguments)
        for pattern in (_PORT, _ADDRESS):
            text = pattern.sub(rf"\g<1>{port}", text)
        takes_port = any(dotted(call.func) in _SDK_RUN for call in self._runs())
        if takes_port and not _PORT.search(text):
            gap = " " if self.command.is_for_a_shell else _GAP
            text = text.replace(self._program, f"{self._program}{gap}--port{gap}{port}", 1)
        return text.split(_GAP)

    @property
    def _program(self) -> str:
        """The Python file that the command runs; "" for none."""
        words = (word.rstrip(";") for word in self.command.words)
        return next((word for word in words if word.endswith(".py")), "")

    def _runs(self) -> list[ast.Call]:
        """The calls that start a server, of the Python file that the command runs."""
        file = self.folder / self._program
        return _server_starts(file) if file.is_file() else []


class NotStarted(Exception):
    """Why nothing can be said of a bot's own server."""


def deployed_command(folder: Path, bot: Path) -> DeployedCommand:
    """What starts the bot of a project where it is deployed. Raises NotStarted."""
    for name, read in COMMAND_FILES.items():
        file = folder / name
        if file.is_file():
            command = read(file.read_text(encoding="utf-8", errors="replace"))
            if command is not None:
                return DeployedCommand(command, file, folder)
    if any(look_at_modal(PythonFile.read(file)) is not None for file in folder.glob("*.py")):
        raise NotStarted("Modal starts it, which lets a container end its answers")
    starts = _server_starts(bot)
    if not starts:
        raise NotStarted("neither a Dockerfile nor a main block says how it is started")
    program = bot.relative_to(folder) if bot.is_relative_to(folder) else bot
    command = ImageCommand(("python", str(PurePath(program))), starts[-1].lineno)
    return DeployedCommand(command, bot, folder)


def _server_starts(file: Path) -> list[ast.Call]:
    source = PythonFile.read(file)
    return [call for call in source.calls("run") if dotted(call.func) in _RUNNERS]
