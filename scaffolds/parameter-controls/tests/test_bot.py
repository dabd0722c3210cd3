from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from main import CONTROLS, DEFAULTS


def named_controls(value: Any) -> Iterator[tuple[str, Any]]:
    """Name and default of every control, at any depth."""
    if isinstance(value, dict):
        if "parameter_name" in value and "label" in value:
            yield value["parameter_name"], value["default_value"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from named_controls(part)


def test_the_controls_have_the_defaults_of_the_bot() -> None:
    assert dict(named_controls(CONTROLS.model_dump())) == DEFAULTS
