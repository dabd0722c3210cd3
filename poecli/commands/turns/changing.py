"""Turns exported, to a file that others can ask again or as a test, and turns removed."""

from __future__ import annotations

import re
import time
from pathlib import Path

from poecli.commands.bots.root import project_root
from poecli.commands.turns.flags import TurnsFlags
from poecli.config.redaction import masked_value, secret_values
from poecli.config.settings import read_environment
from poecli.errors import MissingChoice, UsageError
from poecli.terminal.amounts import counted
from poecli.terminal.console import Console
from poecli.turns.chat_toml import SUFFIX, TESTS, kept_as_test, write_test
from poecli.turns.exporting import export_turns
from poecli.turns.reading import find_turns, no_turn_yet, read_turns
from poecli.turns.removal import remove_turns

_AGE = re.compile(r"\A(\d{1,5})([mhdw])\Z")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def export(console: Console, flags: TurnsFlags) -> None:
    """Write turns to a file. Raises UsageError."""
    if not flags.words and not flags.all_:
        raise MissingChoice("Which turns?", hint="poe turns export last -o turns.jsonl, or --all")
    if flags.output is None:
        raise MissingChoice("Where to?", hint=f"poe turns export {' '.join(flags.words)} -o FILE")
    root = project_root(Path.cwd())
    found = list(read_turns(root)) if flags.all_ else find_turns(root, flags.words)
    if not found:
        raise no_turn_yet()
    keys = secret_values({**read_environment(console.env, root).dotenv, **console.env})
    is_test = flags.output.name.endswith(SUFFIX)
    if not is_test:
        export_turns(found, flags.output, keys=keys)
    elif len(found) == 1:
        write_test(flags.output, str(masked_value(kept_as_test(found[0]), keys)))
    else:
        raise UsageError("A test is made of one turn.", hint="poe turns export last -o FILE")
    size = flags.output.stat().st_size
    if flags.json:
        numbers = [turn.number for turn in found]
        console.json({"type": "exported", "file": str(flags.output), "numbers": numbers})
    else:
        console.say(f"Wrote {counted(len(found), 'turn')} to {flags.output} ({size:,} bytes).")
        next_ = _next_of_test(root, flags.output) if is_test else f"poe replay {flags.output}"
        console.say(f"Next: {next_}", style="dim")


def _next_of_test(root: Path, file: Path) -> str:
    """`poe check` would pass without it where it isn't looked for."""
    if file.resolve().is_relative_to((root / TESTS).resolve()):
        return "poe check"
    return f"move it below {TESTS}/, where poe check and pytest look for it"


def remove(console: Console, flags: TurnsFlags) -> None:
    """Remove turns. Raises UsageError."""
    if sum((bool(flags.words), flags.all_, flags.older_than is not None)) != 1:
        raise MissingChoice(
            "Which turns?", hint="poe turns rm N…, poe turns rm --older-than 7d, or --all"
        )
    root = project_root(Path.cwd())
    if flags.words:
        ids = {turn.id for turn in find_turns(root, flags.words)}
        removed = remove_turns(root, lambda turn: turn.id in ids)
    else:
        before = time.time() * 1000 - 1000 * _seconds(flags.older_than or "0m")
        removed = remove_turns(root, lambda turn: flags.all_ or turn.at_ms < before)
    if flags.json:
        console.json({"type": "removed", "numbers": removed})
    else:
        console.say(f"Removed {counted(len(removed), 'turn')}.")


def _seconds(text: str) -> int:
    found = _AGE.match(text)
    if found is None:
        raise UsageError(f"{text!r} is not an age.", hint="--older-than 12h, 7d or 4w")
    return int(found[1]) * _SECONDS[found[2]]
