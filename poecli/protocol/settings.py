"""The settings a bot answers with, and what Poe makes of them.

https://creator.poe.com/docs/server-bots/updating-bot-settings, and fastapi_poe 0.0.83,
``SettingsResponse``. A null means Poe's default for the ``response_version``; an answer without
one is read as version 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field

from poecli.protocol.messages import Tolerant

Number = int | float

NEWEST_RESPONSE_VERSION = 2
CONTROLS_API_VERSION: Literal["2"] = "2"
# An old official sample declares {"any": 2} for calls of bots that it does not name.
ANY_BOT = "any"
EQUALS = "equals"
# Without effect since 2024, or under a newer name.
DEPRECATED_KEYS = (
    "context_clear_window_secs",
    "allow_user_context_clear",
    "custom_rate_card",
    "enable_multi_bot_chat_prompting",
)


class Strict(BaseModel):
    """Base of the parameter controls: Poe refuses unknown keys in them."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class Divider(Strict):
    """A line between controls."""

    control: Literal["divider"] = "divider"


class _Labelled(Strict):
    label: str
    description: str | None = None
    parameter_name: str


class TextField(_Labelled):
    """A line of text."""

    control: Literal["text_field"] = "text_field"
    default_value: str | None = None
    placeholder: str | None = None


class TextArea(_Labelled):
    """Several lines of text."""

    control: Literal["text_area"] = "text_area"
    default_value: str | None = None
    placeholder: str | None = None


class ValueNamePair(Strict):
    """A choice: what the bot gets, and what the user reads."""

    value: str
    name: str


class DropDown(_Labelled):
    """One choice of several."""

    control: Literal["drop_down"] = "drop_down"
    default_value: str | None = None
    options: list[ValueNamePair]


class ToggleSwitch(_Labelled):
    """On or off."""

    control: Literal["toggle_switch"] = "toggle_switch"
    default_value: bool | None = None


class Slider(_Labelled):
    """A number within bounds."""

    control: Literal["slider"] = "slider"
    default_value: Number | None = None
    min_value: Number
    max_value: Number
    step: Number


class AspectRatioOption(Strict):
    """A shape of picture; its value is ``width:height`` unless it says otherwise."""

    value: str | None = None
    width: Number
    height: Number


class AspectRatio(_Labelled):
    """One shape of several."""

    control: Literal["aspect_ratio"] = "aspect_ratio"
    default_value: str | None = None
    options: list[AspectRatioOption]


class LiteralValue(Strict):
    """A fixed value in a condition."""

    literal: str | float | int | bool


class ParameterValue(Strict):
    """Another parameter's value in a condition."""

    parameter_name: str


class ComparatorCondition(Strict):
    """A comparison of two values."""

    # The example on Poe's own page says "equals"; its list of comparators and fastapi_poe do not.
    comparator: Annotated[
        Literal["eq", "ne", "gt", "ge", "lt", "le"],
        BeforeValidator(lambda value: "eq" if value == EQUALS else value),
    ]
    left: LiteralValue | ParameterValue
    right: LiteralValue | ParameterValue


BaseControl = Annotated[
    Divider | TextField | TextArea | DropDown | ToggleSwitch | Slider | AspectRatio,
    Discriminator("control"),
]


class ConditionallyRenderControls(Strict):
    """Controls shown only while a comparison holds."""

    control: Literal["condition"] = "condition"
    condition: ComparatorCondition
    controls: list[BaseControl]


Control = Annotated[
    Divider
    | TextField
    | TextArea
    | DropDown
    | ToggleSwitch
    | Slider
    | AspectRatio
    | ConditionallyRenderControls,
    Discriminator("control"),
]


class Tab(Strict):
    """One page of a section."""

    name: str | None = None
    controls: list[Control]


class Section(Strict):
    """A group of controls, or of tabs."""

    name: str | None = None
    controls: list[Control] | None = None
    tabs: list[Tab] | None = None
    collapsed_by_default: bool | None = None


class ParameterControls(Strict):
    """The controls Poe shows beside the message box."""

    api_version: Literal["2"] = CONTROLS_API_VERSION
    sections: list[Section]


class SettingsResponse(Tolerant):
    """A bot's settings as it answered them. ``unknown_keys`` tells what Poe would not know."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    response_version: int | None = None
    context_clear_window_secs: int | None = None  # old
    allow_user_context_clear: bool | None = None  # old
    custom_rate_card: str | None = None  # old
    server_bot_dependencies: Annotated[
        dict[str, int], BeforeValidator(lambda value: {} if value is None else value)
    ] = Field(default_factory=dict)
    allow_attachments: bool | None = None
    introduction_message: str | None = None
    expand_text_attachments: bool | None = None
    enable_image_comprehension: bool | None = None
    enforce_author_role_alternation: bool | None = None
    enable_multi_bot_chat_prompting: bool | None = None  # old
    enable_multi_entity_prompting: bool | None = None
    rate_card: str | None = None
    cost_label: str | None = None
    parameter_controls: ParameterControls | None = None

    @property
    def unknown_keys(self) -> list[str]:
        """Keys of the answer that Poe has no use for."""
        return sorted(self.model_extra or {})


@dataclass(frozen=True)
class EffectiveSettings:
    """What Poe acts on: the answer with the defaults of its ``response_version`` filled in."""

    response_version: int
    server_bot_dependencies: Mapping[str, int]
    allow_attachments: bool
    introduction_message: str
    expand_text_attachments: bool
    enable_image_comprehension: bool
    enforce_author_role_alternation: bool
    enable_multi_entity_prompting: bool
    rate_card: str | None
    cost_label: str | None
    parameter_controls: ParameterControls | None


# (default of allow_attachments and of multi-entity prompting, are parameter controls honoured?)
_DEFAULTS = {0: (False, False), 1: (True, False), 2: (True, True)}


def _or(value: bool | None, *, default: bool) -> bool:
    return default if value is None else value


def effective(settings: SettingsResponse) -> EffectiveSettings:
    """What Poe makes of an answer. A version from the future is read as the newest known."""
    version = settings.response_version or 0
    on, honours_controls = _DEFAULTS[max(0, min(version, NEWEST_RESPONSE_VERSION))]
    multi = settings.enable_multi_entity_prompting
    if multi is None:
        multi = settings.enable_multi_bot_chat_prompting
    return EffectiveSettings(
        response_version=version,
        server_bot_dependencies=settings.server_bot_dependencies,
        allow_attachments=_or(settings.allow_attachments, default=on),
        introduction_message=settings.introduction_message or "",
        expand_text_attachments=_or(settings.expand_text_attachments, default=True),
        enable_image_comprehension=_or(settings.enable_image_comprehension, default=False),
        enforce_author_role_alternation=_or(
            settings.enforce_author_role_alternation, default=False
        ),
        enable_multi_entity_prompting=_or(multi, default=on),
        rate_card=settings.rate_card,
        cost_label=settings.cost_label,
        parameter_controls=settings.parameter_controls if honours_controls else None,
    )


def declared_calls(dependencies: Mapping[str, int], bot: str) -> int | None:
    """How often a bot may be called for one message; None for one that is not declared."""
    return dependencies.get(bot, dependencies.get(ANY_BOT))


def controls_of(parameter_controls: ParameterControls | None) -> Iterator[Any]:
    """Every control that carries a parameter, in the order shown, conditions opened."""
    for section in parameter_controls.sections if parameter_controls else ():
        for group in [section.controls or [], *(tab.controls for tab in section.tabs or [])]:
            for control in group:
                yield from _parameters(control)


def _parameters(control: Any) -> Iterator[Any]:
    # Conditions hold plain controls only: there are none inside others.
    inside = control.controls if isinstance(control, ConditionallyRenderControls) else [control]
    yield from (inner for inner in inside if not isinstance(inner, Divider))


def parameter_defaults(parameter_controls: ParameterControls) -> dict[str, Any]:
    """Each parameter's default where one is given; controls that share a name share it."""
    defaults: dict[str, Any] = {}
    for control in controls_of(parameter_controls):
        if control.default_value is not None:
            defaults.setdefault(control.parameter_name, control.default_value)
    return defaults
