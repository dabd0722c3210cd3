from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conftest import Ask
from main import CONTROLS, DEFAULTS


def named_controls(value: Any) -> Iterator[tuple[str, Any]]:
    """Name and default of every control, however deep it lies."""
    if isinstance(value, dict):
        if "parameter_name" in value and "label" in value:
            yield value["parameter_name"], value["default_value"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from named_controls(part)


def test_the_controls_have_the_defaults_of_the_bot() -> None:
    assert dict(named_controls(CONTROLS.model_dump())) == DEFAULTS


def test_without_parameters_the_defaults_hold(ask: Ask) -> None:
    text = ask("Go.").text
    assert "- title: Untitled\n" in text
    assert "- pages" not in text


def test_what_the_user_set_wins(ask: Ask) -> None:
    text = ask("Go.", parameters={"detailed": True, "pages": 7, "title": "Ducks"}).text
    assert "- title: Ducks\n" in text
    assert "- pages: 7\n" in text
