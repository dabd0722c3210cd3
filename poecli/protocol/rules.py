"""Every rule of the protocol that a bot can break: id, level, sentence, source, fix.

Whoever finds a violation names the rule by its id; what to tell the author stands here only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SPEC = "https://creator.poe.com/docs/server-bots/poe-protocol-specification"


class Level(Enum):
    """How much a rule binds."""

    MUST = "must"
    SHOULD = "should"
    ADVICE = "advice"


@dataclass(frozen=True)
class Rule:
    """One rule. ``sentence`` says what holds, ``fix`` what to do when it does not."""

    id: str
    level: Level
    sentence: str
    fix: str
    source: str = SPEC


_RULES = (
    Rule(
        "meta-not-first",
        Level.SHOULD,
        "`meta` counts only as the first event of an answer.",
        "Yield fp.MetaResponse before anything else.",
    ),
    Rule(
        "event-after-error",
        Level.MUST,
        "After `error` only `done` may follow.",
        "Return from get_response after yielding fp.ErrorResponse.",
    ),
    Rule(
        "event-after-done",
        Level.MUST,
        "`done` is the last event of an answer.",
        "Send `done` once, at the end; fastapi_poe sends it for you.",
    ),
    Rule(
        "no-done",
        Level.MUST,
        "Every answer ends with `done`.",
        "Send `done` also after an error; don't close the connection before it.",
    ),
    Rule(
        "empty-answer",
        Level.MUST,
        "An answer holds at least one text, file or error.",
        "Yield at least one fp.PartialResponse on every path through get_response.",
    ),
    Rule(
        "malformed-event",
        Level.MUST,
        "The data of an event is a JSON object with the event's own fields.",
        "Build events with fastapi_poe's classes, or check the JSON you send.",
    ),
    Rule(
        "unknown-event",
        Level.ADVICE,
        "Poe ignores events it does not know.",
        "Check the spelling of the event's name.",
    ),
    Rule(
        "unknown-content-type",
        Level.SHOULD,
        "The content_type of `meta` is text/markdown or text/plain.",
        "Use one of the two.",
    ),
    Rule(
        "unknown-error-type",
        Level.SHOULD,
        "The error_type of `error` is one Poe knows.",
        "Use one of the documented values, or leave error_type out.",
    ),
    Rule(
        "suggested-reply-without-meta",
        Level.ADVICE,
        "Poe shows suggested replies only if the first event is a `meta` that turns them on.",
        "Yield fp.MetaResponse(text='', suggested_replies=True) first.",
    ),
    Rule(
        "suggested-reply-not-last",
        Level.ADVICE,
        "Poe shows suggested replies only if they come last, before `done`.",
        "Yield suggested replies after all text and files.",
    ),
    Rule(
        "too-much-text",
        Level.MUST,
        "The text of an answer is within the limit.",
        "Shorten the answer, or send it as a file.",
    ),
    Rule(
        "too-many-events",
        Level.MUST,
        "The number of events of an answer is within the limit.",
        "Send more text with each event.",
    ),
    Rule(
        "too-many-files",
        Level.MUST,
        "The number of files of an answer is within the limit.",
        "Send fewer files, or one archive.",
    ),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _RULES}
