"""What was synced last (``poe.lock.json``), and what users will see change since.

The file holds settings by Poe and by bot; no keys, no times: it is for git.
{"v": 1, "synced": {"https://api.poe.com": {"my-bot": {"response_version": 2, …}}}}

Compared is what Poe makes of an answer, not its letters: a null and the default are the same, and
controls that an old response_version drops are not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.errors import ProjectFileError, UsageError
from poecli.protocol.foreign_json import loads
from poecli.protocol.settings import SettingsResponse, controls_of, effective
from poecli.safe_files import write_whole
from poecli.suggestions import shown_path
from poecli.system_errors import explained, why_of

FILE_NAME = "poe.lock.json"
_VERSION = 1
_SHOWN = 60

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Lock:
    """The lock file's content; ``synced`` maps a Poe's base URL and a handle to settings."""

    file: Path
    synced: Mapping[str, Mapping[str, Settings]]

    def settings_of(self, base_url: str, bot: str) -> Settings | None:
        """What was last synced; None before the first time."""
        return self.synced.get(base_url, {}).get(bot)

    def recording(self, base_url: str, bot: str, settings: Settings) -> Lock:
        """The lock with one bot's settings as synced now; a null says no more than its absence."""
        said = {name: value for name, value in settings.items() if value is not None}
        bots = {**self.synced.get(base_url, {}), bot: said}
        return Lock(self.file, {**self.synced, base_url: bots})

    def write(self) -> None:
        """Write the file whole or not at all. Raises UsageError when it can't be written."""
        text = json.dumps(
            {"v": _VERSION, "synced": self.synced}, indent=2, sort_keys=True, ensure_ascii=False
        )
        try:
            write_whole(self.file, f"{text}\n".encode(), private=False)  # it belongs in git
        except OSError as error:
            message = f"The settings were synced, but {shown_path(self.file)} can't be written."
            raise UsageError(message, **explained(error)) from error


def read_lock(root: Path) -> Lock:
    """The project's lock; an empty one when there is no file. Raises ProjectFileError."""
    file = root / FILE_NAME
    try:
        values = loads(file.read_bytes())
    except FileNotFoundError:
        return Lock(file, {})
    except (OSError, ValueError) as error:
        raise _broken(file, why_of(error)) from error
    if not isinstance(values, dict) or values.get("v") != _VERSION:
        raise _broken(file, f"Its version is not {_VERSION}.")
    synced = values.get("synced")
    if not isinstance(synced, dict) or not all(
        isinstance(bots, dict) and all(isinstance(s, dict) for s in bots.values())
        for bots in synced.values()
    ):
        raise _broken(file, "'synced' must map each Poe to bots and their settings.")
    return Lock(file, synced)


def _broken(file: Path, why: str) -> ProjectFileError:
    return ProjectFileError(
        f"{file} can't be read.",
        why=why,
        hint="Restore it from git, or delete it and sync again.",
    )


@dataclass(frozen=True)
class Change:
    """One setting that differs. ``before`` or ``after`` None: it was, or is now, not there."""

    setting: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.setting}: {_shown(self.after)}"
        if self.after is None:
            return f"- {self.setting}: {_shown(self.before)}"
        return f"~ {self.setting}: {_shown(self.before)} -> {_shown(self.after)}"

    def as_json(self) -> dict[str, Any]:
        return {"setting": self.setting, "before": self.before, "after": self.after}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Change]:
    """Each setting that differs, by name; all of ``after`` when there is no ``before``."""
    old = {} if before is None else flat(before)
    new = flat(after)
    return [
        Change(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as Poe acts on them, each with a name of its own; nothing that is empty or null."""
    acted_on = effective(SettingsResponse.model_validate(settings))
    values = dict(vars(acted_on))
    controls = values.pop("parameter_controls")
    dependencies = values.pop("server_bot_dependencies")
    values |= {f"server_bot_dependencies[{bot}]": calls for bot, calls in dependencies.items()}
    if controls is not None:
        for control in controls_of(controls):
            name = f"parameter {control.parameter_name}"
            values[name] = control.model_dump(mode="json", exclude_none=True)
        # Sections, tabs and conditions: what the controls' own entries do not tell.
        values["layout of the parameters"] = _names_only(controls.model_dump(exclude_none=True))
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _names_only(value: Any) -> Any:
    """The tree of controls with each control cut down to its parameter's name."""
    if isinstance(value, list):
        return [_names_only(item) for item in value]
    if isinstance(value, dict):
        if "parameter_name" in value and "control" in value:
            return value["parameter_name"]
        return {key: _names_only(item) for key, item in value.items()}
    return value
