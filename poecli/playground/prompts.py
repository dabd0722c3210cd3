"""The prompt that a bot received beside the one that it sent on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

_MOST_LINES = 2000  # the comparison is quadratic at worst
_OPTIONS = (
    "temperature",
    "stop_sequences",
    "logit_bias",
    "tools",
    "tool_calls",
    "tool_results",
    "skip_system_prompt",
    "extra_params",
)

Query = Mapping[str, Any]


def prompt_changes(received: Query, sent: Query) -> list[tuple[str, str]]:
    """Both prompts in pieces, received and sent: equal ones, and those in place of each other."""
    old, new = list(_lines(received)), list(_lines(sent))
    if old == new or max(len(old), len(new)) > _MOST_LINES:
        return [("".join(old), "".join(new))]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [("".join(old[i:j]), "".join(new[k:m])) for _, i, j, k, m in matcher.get_opcodes()]


def _lines(query: Query) -> Iterator[str]:
    for message in query.get("query") or ():
        yield f"[{message.get('role')}]\n"
        yield from (f"{line}\n" for line in str(message.get("content") or "").split("\n"))
        for file in message.get("attachments") or ():
            yield f"attached: {file.get('name')} ({file.get('content_type')})\n"
        if message.get("parameters"):
            yield f"parameters: {_json(message['parameters'])}\n"
    for name in _OPTIONS:
        if query.get(name):
            yield f"{name}: {_json(query[name])}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
