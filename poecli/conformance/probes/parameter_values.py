"""Values that a bot's own controls allow: the ends of each, and each option."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from poecli.protocol.settings import ParameterControls, controls_of

MOST_VALUES = 40  # tried in one check; a drop-down may hold hundreds


def edge_values(controls: ParameterControls) -> list[tuple[str, Any]]:
    """(parameter, value) for each value worth trying, at most `MOST_VALUES`."""
    pairs = [(c.parameter_name, value) for c in controls_of(controls) for value in _values(c)]
    return pairs[:MOST_VALUES]


def _values(control: Any) -> Iterator[Any]:
    kind = control.control
    if kind == "slider":
        yield control.min_value
        yield control.max_value
    elif kind == "toggle_switch":
        yield True
        yield False
    elif kind == "drop_down":
        yield from (option.value for option in control.options)
    elif kind == "aspect_ratio":
        yield from (option.value or f"{option.width}:{option.height}" for option in control.options)
    else:
        yield ""
        yield "xé" * 500
