"""What of a request to an upstream bot decides its answer: no ids, no times, no keys.

Cassettes find an answer by it, and a turn asked again is held against the kept one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poecli.addresses import is_loopback_url
from poecli.config.redaction import masked_value, usable_keys
from poecli.protocol.requests import QueryRequest

# The other fields differ from run to run and say nothing about the answer.
_OF_A_REQUEST = frozenset(
    {"query", "temperature", "skip_system_prompt", "logit_bias", "stop_sequences"}
    | {"adopt_current_bot_name", "tools", "tool_calls", "tool_results", "extra_params"}
)
_OF_A_MESSAGE = frozenset(
    {"role", "message_type", "content", "content_type", "parameters", "attachments"}
)


def comparable(request: QueryRequest, keys: Sequence[str]) -> dict[str, Any]:
    """The part of a request that decides its answer, with the keys masked."""
    values = request.model_dump(include=set(_OF_A_REQUEST), exclude_none=True)
    values["query"] = [_comparable_message(message) for message in values["query"]]
    masked = masked_value(values, usable_keys(keys))
    return {name: value for name, value in masked.items() if value not in ({}, [], False)}


def _comparable_message(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in message.items() if k in _OF_A_MESSAGE and v not in ({}, [])}
    for attachment in kept.get("attachments", ()):
        # A file of this machine has another address in each run.
        if is_loopback_url(attachment["url"]):
            del attachment["url"]
    return kept
