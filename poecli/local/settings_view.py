"""What the bots say of themselves, what Poe makes of it, and what has changed since it was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from poecli.conformance.dependencies import UpstreamCalls
from poecli.dev_events import ServedBot
from poecli.errors import PoeCliError
from poecli.local.heard_calls import HeardCalls
from poecli.protocol.rules.catalog import RULES
from poecli.settings_sync.drift import Lock, changes, flat, read_lock
from poecli.settings_sync.sources import findings_of
from poecli.source.called_bots import called_bots
from poecli.source.python_file import PythonFile


def settings_of(
    bots: Iterable[ServedBot],
    heard: HeardCalls,
    *,
    root: Path,
    base_url: str,
    files: Sequence[Path],
) -> list[dict[str, Any]]:
    """Of each bot, as JSON has it. ``base_url`` is the Poe they are synced to; ``files`` are the
    author's modules.
    """
    read = [PythonFile(f.read_bytes(), f.name) for f in files if f.suffix == ".py" and f.exists()]
    named = called_bots(read)
    try:
        lock, broken = read_lock(root), ""
    except PoeCliError as error:
        lock, broken = Lock(root, {}), f"{error.message} {error.why}"
    found = []
    for bot in bots:
        calls = UpstreamCalls(heard.made[bot.name], heard.refused[bot.name])
        before = lock.settings_of(base_url, bot.name)
        shown = _of_bot(bot.settings, before, calls, named)
        found.append({"bot": bot.name, "broken_lock": broken, **shown})
    return found


def _of_bot(
    said: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    calls: UpstreamCalls,
    named: frozenset[str] | None,
) -> dict[str, Any]:
    try:
        acted_on = flat(said)
        changed = [] if before is None else changes(before, said)
    except ValidationError:  # the findings say why
        acted_on, changed = {}, []
    broken = [(each.rule, each.detail) for each in findings_of(said)]
    broken += [(each.rule, each.detail) for each in calls.run(said, named).findings]
    return {
        "was_synced": before is not None,
        "settings": [
            {"name": name, "said": said.get(name), "acted_on": value}
            for name, value in acted_on.items()
        ],
        "changes": [change.as_json() for change in changed],
        "findings": [
            {"rule": rule, "detail": detail, "fix": RULES[rule].fix} for rule, detail in broken
        ],
        "dependencies": {
            "declared": said.get("server_bot_dependencies") or {},
            "called": dict(calls.made),
            "refused": sorted(calls.refused),
        },
    }
