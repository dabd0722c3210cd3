"""What a rule is. The rules themselves stand in the modules named ``…_rules``; all in `rules`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SPEC = "https://creator.poe.com/docs/server-bots/poe-protocol-specification"
SETTINGS_PAGE = "https://creator.poe.com/docs/server-bots/updating-bot-settings"
CONTROLS_PAGE = "https://creator.poe.com/docs/server-bots/parameter-controls"
CALLING_PAGE = "https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe"
FILES_PAGE = "https://creator.poe.com/docs/server-bots/enabling-file-upload-for-your-bot"
SDK = "fastapi_poe 0.0.83, as it behaves"


class Level(Enum):
    """How much a rule binds."""

    MUST = "must"
    SHOULD = "should"
    ADVICE = "advice"


class Section(Enum):
    """What part of a bot a rule is about."""

    ANSWER = "answer stream"
    LIMITS = "limits"
    HTTP = "HTTP"
    SETTINGS = "settings"
    CONTROLS = "parameter controls"
    DEPENDENCIES = "dependencies"
    PYTHON = "Python"


@dataclass(frozen=True)
class Rule:
    """One rule. ``sentence`` says what holds, ``fix`` what to do when it does not."""

    id: str
    level: Level
    sentence: str
    fix: str
    source: str = SPEC
    section: Section = Section.ANSWER
