"""Which other bots a Python bot calls, as far as its source names them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from poecli.source.python_file import PythonFile, argument, last_name

# fastapi_poe 0.0.83: each takes the bot's name second, or as bot_name=.
CALLERS = (
    "stream_request",
    "stream_request_base",
    "get_bot_response",
    "get_bot_response_sync",
    "get_final_response",
)
# Other ways to a bot: Poe's address, or a client of its OpenAI-style interface.
_OTHER_WAYS = ("poe.com", "POE_BASE_URL")
_OTHER_CLIENTS = ("openai",)


def called_bots(files: Iterable[PythonFile]) -> frozenset[str] | None:
    """The bots that calls name; None when the source does not tell for sure which are called."""
    named: set[str] = set()
    for file in files:
        bots = [file.text(argument(call, "bot_name", 1)) for call in file.calls(*CALLERS)]
        if file.error or None in bots or _hands_a_caller_on(file) or _goes_another_way(file):
            return None
        named |= {bot for bot in bots if bot is not None}
    return frozenset(named)


def _hands_a_caller_on(file: PythonFile) -> bool:
    """Whether one of the callers is more than called: given to something, or by another name."""
    callees = {call.func for call in file.calls(*CALLERS)}
    mentions = (*file.all(ast.Name), *file.all(ast.Attribute))
    if any(last_name(node) in CALLERS and node not in callees for node in mentions):
        return True
    aliases = (alias for node in file.all(ast.ImportFrom) for alias in node.names)
    return any(alias.name in CALLERS and alias.asname for alias in aliases)


def _goes_another_way(file: PythonFile) -> bool:
    texts = (str(node.value) for node in file.all(ast.Constant))
    if any(way in text for text in texts for way in _OTHER_WAYS):
        return True
    return any(client in file.packages for client in _OTHER_CLIENTS)
