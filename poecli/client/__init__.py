"""What we ask of others, and what scripts may import.

    from poecli.client import get_bot_response

The names are loaded when they are first used: httpx takes a while, and many commands need none.

In the order in which a question goes out and its answer comes back:

dialogue        one conversation with one bot, or several: settings, next query, reply kept
parameters      what a person types for a bot's parameters, in the types of its controls
address         a bot with its address and its key; the one place where keys are revealed
bot_query       ask a bot: events, pieces as fastapi_poe gives them, settings, reports
retries         when to ask again; ``tools`` runs the functions that a model calls
event_stream    one request and the events of its answer, under limits of time
exchange        one request and its whole answer, or a file that a bot sent; ``platform_api`` Poe's
                other endpoints, and what their refusals mean
health          what a bot's server says at ``/health``
pictures        a picture of any host, for the playground
http            sessions, proxies, time-outs; httpx's errors become ours here
transports      connections, through proxies, with somebody who reads along
status          what an HTTP status means; ``failures`` what an ``error`` event means
peer            who answers, as errors name it
partial         the pieces of an answer that scripts get; ``blocking`` for those without a loop
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poecli.client.blocking import get_bot_response_sync
    from poecli.client.bot_query import (
        MetaResponse,
        PartialResponse,
        Retry,
        Timeouts,
        get_bot_response,
        stream_events,
    )

# httpx imports its own command line, and with it rich, click and pygments where they are there:
# two thirds of its import. None in sys.modules is Python's way to say "not installed".
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # see importlib's documentation

__all__ = [
    "MetaResponse",
    "PartialResponse",
    "Retry",
    "Timeouts",
    "get_bot_response",
    "get_bot_response_sync",
    "stream_events",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        module = "blocking" if name == "get_bot_response_sync" else "bot_query"
        return getattr(import_module(f"poecli.client.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
