"""A kept turn as the page's tabs read it: events, request, raw answer, upstream."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from poecli.config.credentials import ANY_KEY
from poecli.playground.prompts import prompt_changes
from poecli.probe.exchange import ProbeRequest
from poecli.turns.kept import KeptTurn


def turn_json(turn: KeptTurn, server: str) -> dict[str, Any]:
    """All of it, but for the bytes of files. Times are in milliseconds since the query came.

    ``server`` is the address of the one that answered.
    """
    answer = turn.answer
    body = json.dumps(turn.request, ensure_ascii=False).encode()
    return {
        "number": turn.number,
        "bot": turn.bot,
        "at_ms": turn.at_ms,
        "path": turn.path,
        "request": turn.request,
        "raw_request": turn.raw_request,
        "status": answer.status,
        "total_ms": answer.total_ms,
        "text": turn.text,
        "raw": answer.body,
        "events": [event.as_json() for event in answer.events],
        "curl": ProbeRequest(urljoin(server, turn.path), body, key=ANY_KEY).curl(),
        "calls": [
            {**call.as_json(), "prompt": prompt_changes(turn.request, call.request)}
            for call in turn.calls
        ],
    }
