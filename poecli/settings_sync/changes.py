"""What users will see change between two settings answers.

Compared is what Poe makes of an answer, not its letters: a null and the default are the same, and
controls that an old response_version drops are not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from poecli.protocol.settings import SettingsResponse, controls_of, effective

_SHOWN = 60


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
        """The change as a JSON object."""
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
