"""The protocol's numbers, each with its source. Poe may raise them: change them here only."""

from __future__ import annotations

from dataclasses import dataclass

_SPEC = "https://creator.poe.com/docs/server-bots/poe-protocol-specification"
# A relay that runs against the live Poe; its changelog says what Poe was seen to do.
SEEN = "https://github.com/kfet/poe-acp (seen in 2026, not promised by Poe)"


@dataclass(frozen=True)
class Limit:
    """One number of the protocol: its value, its unit, and where it is written."""

    name: str
    value: int
    unit: str
    source: str


PROTOCOL_VERSION = "1.2"

FIRST_EVENT_SECONDS = Limit("first event", 5, "s", _SPEC)
ANSWER_SECONDS = Limit("whole answer", 600, "s", _SPEC)
ANSWER_CHARACTERS = Limit("text of an answer", 100_000, "characters", _SPEC)
ANSWER_EVENTS = Limit("events of an answer", 10_000, "events", _SPEC)
FILES_PER_MESSAGE = Limit(
    "files sent in an answer", 20, "files", "https://creator.poe.com/docs/server-bots"
)
FILE_BYTES = Limit(
    "size of one file", 50 * 1024 * 1024, "bytes", "https://creator.poe.com/docs/server-bots"
)
BOT_CALLS_PER_MESSAGE = Limit(
    "calls to other bots for one user message",
    100,
    "calls",
    "https://creator.poe.com/docs/server-bots/accessing-other-bots-on-poe",
)
CONVERSATION_MESSAGES = Limit("messages of a conversation", 1_000, "messages", _SPEC)
ATTACHMENT_URL_SECONDS = Limit("life of an attachment's URL, at least", 600, "s", _SPEC)
ACCESS_KEY_CHARACTERS = Limit(
    "length of an access key", 32, "characters", "fastapi_poe 0.0.83, _verify_access_key"
)

# Poe was seen to drop a connection after 10 to 15 ms with nothing but `meta` and comments, and
# again after minutes without content; the two numbers leave room on the safe side.
FIRST_CONTENT_SECONDS = Limit("content after the first byte of an answer", 1, "s", SEEN)
SILENCE_SECONDS = Limit("silence within an answer", 30, "s", SEEN)

ALL_LIMITS = (
    FIRST_EVENT_SECONDS,
    ANSWER_SECONDS,
    ANSWER_CHARACTERS,
    ANSWER_EVENTS,
    FILES_PER_MESSAGE,
    FILE_BYTES,
    BOT_CALLS_PER_MESSAGE,
    CONVERSATION_MESSAGES,
    ATTACHMENT_URL_SECONDS,
    ACCESS_KEY_CHARACTERS,
    FIRST_CONTENT_SECONDS,
    SILENCE_SECONDS,
)
