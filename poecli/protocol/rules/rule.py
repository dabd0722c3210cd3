"""The type of a rule. The rules themselves are in the modules named ``…_rules``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SPEC = "https://creator.poe.com/docs/server-bots/poe-protocol-specification"
SETTINGS_PAGE = "https://creator.poe.com/docs/server-bots/updating-bot-settings"
CONTROLS_PAGE = "https://creator.poe.com/docs/server-bots/parameter-controls"
CALLING_PAGE = "https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe"
FILES_PAGE = "https://creator.poe.com/docs/server-bots/enabling-file-upload-for-your-bot"
PRICES_PAGE = "https://creator.poe.com/docs/server-bots/poe-bot-monetization-api-documentation"
SDK = "fastapi_poe 0.0.83 (observed behaviour)"


class Level(Enum):
    """How serious a violation is."""

    MUST = "must"
    SHOULD = "should"
    ADVICE = "advice"


class Topic(Enum):
    """The part of a bot that a rule is about."""

    ANSWER = "answer stream"
    LIMITS = "limits"
    HTTP = "HTTP"
    SETTINGS = "settings"
    CONTROLS = "parameter controls"
    DEPENDENCIES = "dependencies"
    PYTHON = "Python"
    HOSTING = "hosting"


@dataclass(frozen=True)
class Rule:
    """``sentence`` describes a bot that keeps the rule, ``fix`` what to change otherwise."""

    id: str
    level: Level
    sentence: str
    fix: str
    source: str = SPEC
    topic: Topic = Topic.ANSWER
