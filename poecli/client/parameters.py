"""What a person types for a bot's parameters, as the types that the bot's own controls ask for.

``NAME=VALUE`` of `--param`, and ``--name value`` in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from poecli.errors import UsageError
from poecli.protocol.foreign_json import loads
from poecli.protocol.settings import (
    AspectRatio,
    DropDown,
    EffectiveSettings,
    Slider,
    ToggleSwitch,
    controls_of,
)
from poecli.suggestions import did_you_mean

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


def parse_parameters(texts: Iterable[str], settings: EffectiveSettings | None) -> dict[str, Any]:
    """The parameters of ``NAME=VALUE`` texts. Raises UsageError for what the bot would not take.

    Without known controls, a number or true/false is taken as such, anything else as text.
    """
    declared = controls_of(settings.parameter_controls if settings else None)
    controls = {control.parameter_name: control for control in declared}
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{text!r} is not NAME=VALUE.", hint="--param NAME=VALUE")
        name = name.strip()
        if not controls:
            found[name] = _guessed(value)
        elif name not in controls:
            raise UsageError(
                f"The bot has no parameter {name!r}.", why=did_you_mean(name, controls)
            )
        else:
            found[name] = typed(controls[name], value)
    return found


def taken_from_text(text: str, settings: EffectiveSettings | None) -> tuple[str, dict[str, Any]]:
    """What is left of a message, and the parameters that its ``--name value`` set.

    So Poe's client was seen to read a message; whether it leaves the words in the text is not
    known. Raises UsageError for a value that is none: there Poe rejects the whole message.
    """
    found: dict[str, Any] = {}
    for control in controls_of(settings.parameter_controls if settings else None):
        flag = f"--{control.parameter_name}"
        written = re.search(rf'(?<!\S){re.escape(flag)}(?!\S)(?:[ \t]+("[^"]*"|\S+))?', text)
        if written is None:
            continue
        value, end = (written[1] or "").strip('"'), written.end()
        if isinstance(control, ToggleSwitch) and value.lower() not in _TRUE + _FALSE:
            value, end = "true", written.start() + len(flag)  # the next word is text
        found[control.parameter_name] = _accepted(control, value)
        text = f"{text[: written.start()].rstrip()} {text[end:].lstrip()}".strip()
    return text, found


def _accepted(control: Any, text: str) -> Any:
    try:
        return typed(control, text)
    except UsageError as error:
        raise UsageError(
            error.message,
            why=f"{error.why} Poe was seen to reject the whole message then.",
            hint=f"Correct --{control.parameter_name}, or write it without the two dashes.",
        ) from error


def _guessed(text: str) -> Any:
    try:
        value = loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text


def typed(control: Any, text: str) -> Any:
    """A text as the value of one control. Raises UsageError when it does not fit."""
    reader = _READERS.get(type(control))
    if reader is None:
        return text
    try:
        return reader(control, text.strip())
    except ValueError as error:
        raise UsageError(
            f"The parameter {control.parameter_name!r} can't be {text!r}.", why=str(error)
        ) from error


def _toggle(control: ToggleSwitch, text: str) -> bool:
    del control
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("It must be on or off.")
    return text.lower() in _TRUE


def _number(control: Slider, text: str) -> float:
    try:
        value = loads(text)
    except ValueError:
        value = None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError("It must be a number.")  # noqa: TRY004 - told like the other misfits
    if not control.min_value <= value <= control.max_value:
        raise ValueError(f"It must be between {control.min_value} and {control.max_value}.")
    return value


def _choice(control: DropDown, text: str) -> str:
    for option in control.options:
        if text.lower() in (option.value.lower(), option.name.lower()):
            return option.value
    raise ValueError(did_you_mean(text, [option.value for option in control.options]))


def _shape(control: AspectRatio, text: str) -> str:
    values = [option.value or f"{option.width}:{option.height}" for option in control.options]
    if text not in values:
        raise ValueError(did_you_mean(text, values))
    return text


_READERS: dict[type[Any], Callable[[Any, str], Any]] = {
    ToggleSwitch: _toggle,
    Slider: _number,
    DropDown: _choice,
    AspectRatio: _shape,
}
