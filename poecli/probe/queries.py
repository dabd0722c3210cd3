"""The requests that probes send, in the shape Poe sends them."""

from __future__ import annotations

from typing import Any

from poecli.client.dialogue import new_id
from poecli.protocol.limits import PROTOCOL_VERSION

# With a letter outside of ASCII, one outside of Latin-1, and one that UTF-16 writes as two.
BEYOND_ASCII = "é 你好 👋"
PLAIN_TEXT = f"Hello from poe check. {BEYOND_ASCII}"
_MICROSECONDS_OF_A_DAY = 1_767_225_600_000_000  # any fixed time: 2026-01-01


def message(text: str = PLAIN_TEXT, role: str = "user", **fields: Any) -> dict[str, Any]:
    """One message of a conversation."""
    return {
        "role": role,
        "content": text,
        "content_type": "text/markdown",
        "timestamp": _MICROSECONDS_OF_A_DAY,
        "message_id": new_id("m"),
        "parameters": {},
        "feedback": [],
        "attachments": [],
        **fields,
    }


def query(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A query with these messages; without any, a plain question."""
    return {
        "version": PROTOCOL_VERSION,
        "type": "query",
        "query": list(messages) or [message()],
        "user_id": new_id("u"),
        "conversation_id": new_id("c"),
        "message_id": new_id("m"),
        "metadata": "",
        "access_key": "<missing>",
        "api_key": "<missing>",
        "skip_system_prompt": False,
        "logit_bias": {},
        "stop_sequences": [],
        "language_code": "en",
        "bot_query_id": new_id("m"),
        "users": [],
        **fields,
    }


def settings() -> dict[str, Any]:
    """Poe asks for the settings."""
    return {"version": PROTOCOL_VERSION, "type": "settings"}


def reports() -> list[dict[str, Any]]:
    """One of each report, in the forms Poe uses."""
    ids = {
        "version": PROTOCOL_VERSION,
        "message_id": new_id("m"),
        "user_id": new_id("u"),
        "conversation_id": new_id("c"),
    }
    return [
        {**ids, "type": "report_feedback", "feedback_type": "like"},
        {**ids, "type": "report_reaction", "reaction": "heart"},
        {**ids, "type": "report_reaction", "reaction": "+👍", "action": "added"},
        {
            "version": PROTOCOL_VERSION,
            "type": "report_error",
            "message": f"A message from poe check. {BEYOND_ASCII}",
            "metadata": {"from": "poe check"},
        },
    ]


def attachments(base_url: str, beyond_ascii: str) -> list[dict[str, Any]]:
    """Files of three kinds; the text as Poe sends it when the settings ask for its content."""
    return [
        {
            "url": f"{base_url}/note.txt",
            "content_type": "text/plain",
            "name": f"note {beyond_ascii}.txt",
            "inline_ref": None,
            "parsed_content": f"A note from poe check. {beyond_ascii}",
        },
        {
            "url": f"{base_url}/dot.png",
            "content_type": "image/png",
            "name": "dot.png",
            "inline_ref": None,
            "parsed_content": None,
        },
        {
            "url": f"{base_url}/data.bin",
            "content_type": "application/octet-stream",
            "name": "data (1).bin",
            "inline_ref": "ab12cd34",
            "parsed_content": None,
        },
    ]
