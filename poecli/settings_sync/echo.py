"""Poe's answer to a sync: what it says of the settings it stored.

A success echoes them as the text of a Python dict; ``'parameter_controls': None`` there means that
the controls were dropped. Its form is nowhere documented, so nothing is concluded from an echo
that can't be read.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from poecli.protocol.settings import SettingsResponse
from poecli.settings_sync.changes import Change, changes

# Python's own parser needs memory by the nesting; a settings answer of Poe's is a few kB.
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Echo:
    """``settings`` is what Poe stored, None when its words could not be read as settings."""

    words: str
    settings: Mapping[str, Any] | None

    def differences(self, sent: Mapping[str, Any]) -> list[Change]:
        """What Poe stored otherwise than it was sent; only settings that the echo names."""
        if self.settings is None:
            return []
        named = {key: value for key, value in sent.items() if key in self.settings}
        known = {key: value for key, value in self.settings.items() if key in named}
        # Without a version in the echo, both are read by the version that was sent.
        version = {"response_version": sent.get("response_version")}
        found = changes({**version, **named}, {**version, **known})
        # By an old version both sides have no controls: that they were sent and lost still counts.
        controls = sent.get("parameter_controls")
        if not found and controls is not None and known.get("parameter_controls", "") is None:
            return [Change("parameter_controls", controls, None)]
        return found


def read_echo(words: str) -> Echo:
    """The settings within Poe's words, where there are any."""
    start, end = words.find("{"), words.rfind("}")
    text = words[start : end + 1] if start >= 0 else ""
    values = _dict_of(text) if 0 < len(text) <= _LONGEST else None
    if values is None or not SettingsResponse.model_fields.keys() & values.keys():
        return Echo(words, None)
    try:
        SettingsResponse.model_validate(values)
    except ValidationError:
        return Echo(words, None)
    return Echo(words, values)


def _dict_of(text: str) -> dict[str, Any] | None:
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return value
    return None
