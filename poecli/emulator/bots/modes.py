"""What answers when a bot calls another: the mode of each handle, from flags and poe.toml.

mock            a deterministic stand-in that shows what it received (the default)
mock:SHAPE      the same, always in that shape: replies, replace, file, long, parallel
script:FILE     answers from a TOML file
local:TARGET    another bot of the author
live            the real Poe, with the author's API key
record:FILE     the same, kept in a cassette
replay:FILE     the cassette alone
off             rejected, like an unknown bot on Poe

``*=MODE`` is for every bot that has none of its own and is not the author's.

Those that answer on this machine take a latency: ``mock,delay=0.8,pace=0.05``; see `latency`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from poecli.config.target import Target
from poecli.config.toml_tables import TomlFile
from poecli.emulator.bots.cassette import Cassette
from poecli.emulator.bots.latency import AT_ONCE, Latency, parse_latency
from poecli.emulator.bots.mock_bot import SHAPES
from poecli.emulator.bots.script_file import read_script
from poecli.errors import BotLoadError, UsageError
from poecli.suggestions import did_you_mean

MOCK = "mock"
SCRIPT = "script"
LOCAL = "local"
LIVE = "live"
RECORD = "record"
REPLAY = "replay"
OFF = "off"
FROZEN = "frozen"  # can't be typed: while a kept turn is asked again

# kind -> does it take an argument? None: it may.
KINDS: dict[str, bool | None] = {
    MOCK: None,
    SCRIPT: True,
    LOCAL: None,
    LIVE: False,
    RECORD: True,
    REPLAY: True,
    OFF: False,
}


EVERY_BOT = "*"  # that has no mode of its own, and is none of the author's
POE_ITSELF = (LIVE, RECORD)  # those that ask the real Poe, at the author's cost
# Those whose answers are made here, as fast or slow as the author wants.
_WITH_LATENCY = (MOCK, SCRIPT, LOCAL, REPLAY)
_OPTION = re.compile(r",(?=\s*\w+\s*=)")  # a comma within a file's name is no option


@dataclass(frozen=True)
class Mode:
    """One mode: its kind, the file, target or shape it names, and how long its answers take."""

    kind: str
    argument: str = ""
    latency: Latency = AT_ONCE

    def __str__(self) -> str:
        shown = f"{self.kind}:{self.argument}" if self.argument else self.kind
        return shown if self.latency == AT_ONCE else f"{shown},{self.latency}"


def parse_mode(text: str, *, bot: str) -> Mode:
    """The mode in a text. Raises UsageError that names the bot and the modes there are."""
    written, *options = _OPTION.split(text.strip())
    kind, colon, argument = written.partition(":")
    wants = KINDS.get(kind, "unknown")
    if wants == "unknown":
        raise UsageError(
            f"Unknown mode {text!r} for the bot {bot!r}.",
            why="The mode decides what answers when your bot calls this one.",
            hint=did_you_mean(kind, KINDS),
        )
    if wants is True and not argument:
        raise UsageError(
            f"The mode {kind!r} for the bot {bot!r} needs a file.",
            hint=f'Write "{kind}:FILE".',
        )
    if wants is False and colon:
        raise UsageError(
            f"The mode {kind!r} for the bot {bot!r} takes no argument.", hint=f'Write "{kind}".'
        )
    return Mode(kind, argument, _latency(kind, options, bot))


def _latency(kind: str, options: list[str], bot: str) -> Latency:
    latency = parse_latency(options, bot=bot)
    if options and kind not in _WITH_LATENCY:
        raise UsageError(
            f"The mode {kind!r} for the bot {bot!r} takes no latency.",
            why=f"Only {', '.join(_WITH_LATENCY)} do.",
            hint=f'Write "{kind}".',
        )
    if latency.recorded and kind != REPLAY:
        raise UsageError(
            f"The mode {kind!r} for the bot {bot!r} has no recorded times.",
            hint="Write seconds: pace=0.05",
        )
    return latency


def parse_flags(flags: Iterable[str]) -> dict[str, Mode]:
    """``--bot NAME=MODE``, repeated. Raises UsageError."""
    modes: dict[str, Mode] = {}
    for flag in flags:
        bot, equals, text = flag.partition("=")
        if not bot or not equals:
            raise UsageError(
                f"--bot {flag!r} is not NAME=MODE.", hint="For example: --bot GPT-3.5-Turbo=live"
            )
        modes[bot] = parse_mode(text, bot=bot)
    return modes


def check_mode(mode: Mode, bot: str, root: Path) -> None:
    """Raises UsageError when what the mode names can't be used: now, not at the first call."""
    file = root / mode.argument
    if mode.kind == SCRIPT:
        read_script(TomlFile.read(file))
    elif mode.kind == REPLAY:
        Cassette(file).check()
    elif mode.kind == RECORD and not file.parent.is_dir():
        raise UsageError(
            f"There is no folder for the cassette {mode.argument!r}.",
            hint=f"Create it: mkdir -p {file.parent}",
        )
    elif mode.kind == MOCK and mode.argument not in ("", *SHAPES):
        raise UsageError(
            f"Unknown kind of mock {mode.argument!r}.", hint=did_you_mean(mode.argument, SHAPES)
        )
    elif mode.kind == LOCAL and mode.argument:
        _check_target(mode.argument, bot, root)


def _check_target(target: str, bot: str, root: Path) -> None:
    try:
        Target.parse(target, root)
    except BotLoadError as error:
        raise UsageError(
            f"The bot {bot!r} can't be local:{target}. {error.message}",
            why=error.why,
            hint=error.hint,
            detail=error.detail,
        ) from error
