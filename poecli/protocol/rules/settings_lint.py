"""Checks a settings answer against the rules; Poe itself drops what it can't use without a word.

Sources: those of the rules in `settings_rules` and `control_rules`. fastapi_poe checks the form of
settings but not their meaning, and nothing checks a bot in another language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from poecli.protocol import limits
from poecli.protocol.messages import misfits
from poecli.protocol.prices import PRICE_TAG
from poecli.protocol.reply import Violation
from poecli.protocol.rules.controls_lint import lint_controls
from poecli.protocol.settings import (
    ANY_BOT,
    CONTROLS_API_VERSION,
    DEPRECATED_KEYS,
    EQUALS,
    NEWEST_RESPONSE_VERSION,
    ParameterControls,
    SettingsResponse,
    effective,
)

_CONTROLS = "parameter_controls"
_HANDLE = re.compile(r"[^@\s/:]+")
# "/help", not "and/or", "/usr/bin" or "https://…".
_SLASH_WORD = re.compile(r"(?<![\w/.:~-])/[a-zA-Z][\w-]*(?![\w/.-]*/)")
_PRICE = re.compile(r"(?i)\[?\s*usd[ _-]*milli[ _-]*cents?[^\]\n|]{0,40}\]?")
_PRICED = ("rate_card", "cost_label", "custom_rate_card")


def lint_settings(raw: Mapping[str, Any]) -> list[Violation]:
    """The rules that a settings answer breaks, as it came (decoded JSON).

    ``detail`` of each names the place. An answer of the wrong form is reported for its form only.
    """
    plain = {key: value for key, value in raw.items() if key != _CONTROLS}
    found = list(_misfits(SettingsResponse, plain, "settings-malformed", ""))
    if not found:
        settings = SettingsResponse.model_validate(plain)
        found = [*_version(raw), *_keys(settings), *_dependencies(settings), *_sense(settings)]
    controls = raw.get(_CONTROLS)
    return found if controls is None else [*found, *_lint_raw_controls(controls)]


def _misfits(model: type[BaseModel], value: Any, rule: str, prefix: str) -> Iterator[Violation]:
    """What keeps a value from being a ``model``; types are taken exactly, as in JSON."""
    try:
        model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        yield from (Violation(rule, what) for what in misfits(error, prefix))


def _version(raw: Mapping[str, Any]) -> Iterator[Violation]:
    version = raw.get("response_version")
    controls = raw.get(_CONTROLS) is not None
    if controls and (version or 0) < NEWEST_RESPONSE_VERSION:
        state = "is missing" if version is None else f"is {version}"
        yield Violation("parameter-controls-dropped", f"response_version {state}")
    elif version is None:
        yield Violation("response-version-missing", "response_version is missing or null")
    elif not 0 <= version <= NEWEST_RESPONSE_VERSION:
        yield Violation("response-version-unknown", f"response_version is {version}")
    elif version < NEWEST_RESPONSE_VERSION:
        yield Violation("response-version-old", f"response_version is {version}")


def _keys(settings: SettingsResponse) -> Iterator[Violation]:
    for key in settings.unknown_keys:
        yield Violation("settings-unknown-key", repr(key))
    for key in DEPRECATED_KEYS:
        if getattr(settings, key) is not None:
            yield Violation("settings-deprecated-key", repr(key))


def _dependencies(settings: SettingsResponse) -> Iterator[Violation]:
    declared = settings.server_bot_dependencies
    for name, count in declared.items():
        if name == ANY_BOT:
            yield Violation("dependency-any", f"{name!r}: {count}")
        if _HANDLE.fullmatch(name) is None:
            yield Violation("dependency-name", repr(name))
        if count < 1:
            yield Violation("dependency-count", f"{name!r}: {count}")
    total, limit = sum(declared.values()), limits.BOT_CALLS_PER_MESSAGE
    if total > limit.value:
        yield Violation(
            "too-many-bot-calls",
            f"server_bot_dependencies add up to {total:,} calls; the limit is {limit.value:,}",
        )


def _sense(settings: SettingsResponse) -> Iterator[Violation]:
    introduction = settings.introduction_message
    if introduction and not introduction.strip():
        yield Violation("introduction-blank", "introduction_message is blank")
    if word := _SLASH_WORD.search(introduction or ""):
        yield Violation("slash-word-in-introduction", repr(word.group()))
    for key in _PRICED:
        for price in _PRICE.findall(getattr(settings, key) or ""):
            if PRICE_TAG.fullmatch(price) is None:
                yield Violation("price-tag-malformed", f"{key}: {price!r}")
    if settings.enable_image_comprehension and not effective(settings).allow_attachments:
        yield Violation(
            "comprehension-without-attachments",
            "enable_image_comprehension is true, but attachments are not allowed",
        )


def _lint_raw_controls(controls: Any) -> Iterator[Violation]:
    if isinstance(controls, Mapping):
        version = controls.get("api_version")
        if version != CONTROLS_API_VERSION:
            yield Violation("controls-api-version", f"api_version is {version!r}")
        controls = {**controls, "api_version": CONTROLS_API_VERSION}
        yield from _equals(controls, _CONTROLS)
    misfits = list(_misfits(ParameterControls, controls, "controls-malformed", _CONTROLS))
    yield from misfits or lint_controls(ParameterControls.model_validate(controls))


def _equals(value: Any, place: str) -> Iterator[Violation]:
    """Each comparator of the one spelling that Poe's page and fastapi_poe do not share."""
    if isinstance(value, Mapping):
        if value.get("comparator") == EQUALS:
            yield Violation("comparator-equals", place)
        for key, part in value.items():
            yield from _equals(part, f"{place}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _equals(part, f"{place}.{number}")
