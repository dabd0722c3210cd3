"""Checks parameter_controls against the rules that their types cannot express.

Sources: those of the rules in `control_rules`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from poecli.protocol.reply import Violation
from poecli.protocol.settings import (
    AspectRatio,
    ConditionallyRenderControls,
    DropDown,
    ParameterControls,
    ParameterValue,
    Section,
    Slider,
    controls_of,
)

_NAME = re.compile(r"[A-Za-z0-9_]+")
_RESERVED = "poe_"


def lint_controls(parameter_controls: ParameterControls) -> Iterator[Violation]:
    """The rules that controls of the right form break."""
    if not parameter_controls.sections:
        yield Violation("section-empty", "parameter_controls have no section")
    for number, section in enumerate(parameter_controls.sections, start=1):
        yield from _section(section, f"section {section.name or number!r}")
    controls = list(controls_of(parameter_controls))
    for control in controls:
        yield from _control(control)
    yield from _shared(controls)
    names = {control.parameter_name for control in controls}
    for condition in _conditions(parameter_controls):
        yield from _condition(condition, names)


def _section(section: Section, place: str) -> Iterator[Violation]:
    if section.tabs and section.controls:
        yield Violation("section-tabs-and-controls", place)
    if not section.tabs and not section.controls:
        yield Violation("section-empty", place)
    for number, tab in enumerate(section.tabs or [], start=1):
        if not tab.name:
            yield Violation("tab-without-name", f"{place}, tab {number}")
        if not tab.controls:
            yield Violation("section-empty", f"{place}, tab {tab.name or number!r}")


def _control(control: Any) -> Iterator[Violation]:
    name = control.parameter_name
    place = f"{control.control} {name!r}"
    if _NAME.fullmatch(name) is None:
        yield Violation("parameter-name-illegal", place)
    if name.startswith(_RESERVED):
        yield Violation("parameter-name-reserved", place)
    if not control.label.strip():
        yield Violation("label-empty", place)
    check = _CHECKS.get(type(control))
    if check is not None:
        yield from check(control, place)


def _slider(control: Slider, place: str) -> Iterator[Violation]:
    low, high, step = control.min_value, control.max_value, control.step
    if low >= high:
        yield Violation("slider-bounds", f"{place}: from {low} to {high}")
        return
    if not 0 < step <= high - low:
        yield Violation("slider-step", f"{place}: step {step} from {low} to {high}")
        return
    default = control.default_value
    if default is None:
        return
    if not low <= default <= high:
        yield Violation("slider-default-out-of-range", f"{place}: {default}")
    # 0.1 is no binary number: a hair beside the step is on it.
    elif not math.isclose((steps := (default - low) / step), round(steps), abs_tol=1e-6):
        yield Violation("slider-default-off-step", f"{place}: {default} with step {step}")


def _drop_down(control: DropDown, place: str) -> Iterator[Violation]:
    yield from _options([option.value for option in control.options], control, place)


def _aspect_ratio(control: AspectRatio, place: str) -> Iterator[Violation]:
    # An option without a value is known by its numbers.
    values = [option.value or f"{option.width}:{option.height}" for option in control.options]
    yield from _options(values, control, place)
    for option in control.options:
        if option.width <= 0 or option.height <= 0:
            yield Violation("aspect-ratio-size", f"{place}: {option.width}:{option.height}")


def _options(
    values: Sequence[str], control: DropDown | AspectRatio, place: str
) -> Iterator[Violation]:
    if not values:
        yield Violation("options-empty", place)
        return
    for value, count in Counter(values).items():
        if count > 1:
            yield Violation("options-repeat", f"{place}: {value!r}")
    if control.default_value is not None and control.default_value not in values:
        yield Violation("default-not-an-option", f"{place}: {control.default_value!r}")


_CHECKS: dict[type[Any], Callable[[Any, str], Iterator[Violation]]] = {
    Slider: _slider,
    DropDown: _drop_down,
    AspectRatio: _aspect_ratio,
}


def _shared(controls: Sequence[Any]) -> Iterator[Violation]:
    """Controls that share a name share kind and default."""
    first: dict[str, Any] = {}
    for control in controls:
        known = first.setdefault(control.parameter_name, control)
        if known.control != control.control:
            yield Violation(
                "parameter-kinds-differ",
                f"{control.parameter_name!r}: {known.control} and {control.control}",
            )
        elif known.default_value != control.default_value:
            yield Violation(
                "parameter-defaults-differ",
                f"{control.parameter_name!r}: {known.default_value!r} and "
                f"{control.default_value!r}",
            )


def _conditions(
    parameter_controls: ParameterControls,
) -> Iterator[ConditionallyRenderControls]:
    for section in parameter_controls.sections:
        for group in [section.controls or [], *(tab.controls for tab in section.tabs or [])]:
            yield from (c for c in group if isinstance(c, ConditionallyRenderControls))


def _condition(block: ConditionallyRenderControls, names: set[str]) -> Iterator[Violation]:
    if not block.controls:
        yield Violation("condition-empty", f"condition with {block.condition.comparator!r}")
    sides = (block.condition.left, block.condition.right)
    looked_at = [side.parameter_name for side in sides if isinstance(side, ParameterValue)]
    if not looked_at:
        yield Violation("condition-constant", f"condition with {block.condition.comparator!r}")
    for name in looked_at:
        if name not in names:
            yield Violation("condition-unknown-parameter", repr(name))
