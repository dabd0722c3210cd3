"""A bot's settings and parameters, as lines to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from poecli.protocol.prices import with_points
from poecli.protocol.settings import DropDown, EffectiveSettings, Slider, controls_of
from poecli.terminal.foreign import one_line


def settings_lines(settings: EffectiveSettings) -> list[str]:
    """Each setting in force, with Poe's defaults filled in."""
    names = [field.name for field in fields(settings) if field.name != "parameter_controls"]
    lines = [f"{name}: {_shown(getattr(settings, name))}" for name in names]
    return [*lines, *controls_lines(settings, {})]


def controls_lines(settings: EffectiveSettings | None, given: Mapping[str, str]) -> list[str]:
    """Each parameter with what it takes, its default, and the text given for it."""
    lines, known = [], set()
    for control in controls_of(settings.parameter_controls if settings else None):
        name = control.parameter_name
        if name in known:
            continue
        known.add(name)
        default = "" if control.default_value is None else f", default {control.default_value}"
        now = f"  now: {given[name].partition('=')[2]}" if name in given else ""
        label = one_line(control.label, width=40)
        lines.append(f"{name} ({label}): {_takes(control)}{one_line(default)}{now}")
    return lines + [text for name, text in given.items() if name not in known]


def _takes(control: Any) -> str:
    if isinstance(control, DropDown):
        return one_line(" | ".join(option.value for option in control.options))
    if isinstance(control, Slider):
        return f"{control.min_value} to {control.max_value} in steps of {control.step}"
    return str(control.control).replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(with_points(str(value))) if value not in (None, "", {}) else "-"
