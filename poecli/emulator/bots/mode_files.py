"""The file that a mode names, looked at before anything is served."""

from __future__ import annotations

from pathlib import Path

from poecli.config.toml_tables import TomlFile
from poecli.emulator.bots import modes
from poecli.emulator.bots.cassette import Cassette
from poecli.emulator.bots.mock_bot import SHAPES
from poecli.emulator.bots.modes import Mode
from poecli.emulator.bots.script_file import read_script
from poecli.errors import UsageError
from poecli.suggestions import did_you_mean


def check_files(mode: Mode, root: Path) -> None:
    """Raises UsageError for a script, cassette or shape that no call could be answered with."""
    if mode.kind == modes.SCRIPT:
        read_script(TomlFile.read(root / mode.argument))
    elif mode.kind == modes.REPLAY:
        Cassette(root / mode.argument).check()
    elif mode.kind == modes.RECORD and not (root / mode.argument).parent.is_dir():
        raise UsageError(
            f"There is no folder for the cassette {mode.argument!r}.",
            hint=f"Create it: mkdir -p {(root / mode.argument).parent}",
        )
    elif mode.kind == modes.MOCK and mode.argument not in ("", *SHAPES):
        raise UsageError(
            f"Unknown kind of mock {mode.argument!r}.", hint=did_you_mean(mode.argument, SHAPES)
        )
