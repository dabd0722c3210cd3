"""Which other bots a Python bot calls, as far as its source names them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from poecli.source.syntax import constant_texts

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


def named_in_calls(sources: Iterable[str]) -> frozenset[str] | None:
    """The bots that calls name; None when the text does not tell for sure which are called."""
    named: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return None
        found = _named(tree)
        if found is None or _goes_another_way(tree):
            return None
        named |= found
    return frozenset(named)


def _named(tree: ast.Module) -> set[str] | None:
    texts = constant_texts(tree)
    named: set[str] = set()
    callees = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _last_name(call.func) in CALLERS:
            callees.add(call.func)
            bot = _bot_of(call, texts)
            if bot is None:
                return None
            named.add(bot)
    handed_on = any(
        isinstance(node, (ast.Name, ast.Attribute))
        and _last_name(node) in CALLERS
        and node not in callees
        for node in ast.walk(tree)
    )
    return None if handed_on else named


def _bot_of(call: ast.Call, texts: dict[str, str]) -> str | None:
    keywords = {word.arg: word.value for word in call.keywords}
    starred = any(isinstance(value, ast.Starred) for value in call.args[:2])
    value = keywords.get("bot_name")
    if value is None and len(call.args) > 1 and not starred:
        value = call.args[1]
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return texts.get(value.id) if isinstance(value, ast.Name) else None


def _goes_another_way(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and any(way in str(node.value) for way in _OTHER_WAYS):
            return True
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if any(alias.name in CALLERS and alias.asname for alias in node.names):
                return True
            modules = [node.module or ""]
        else:
            continue
        if any(module.split(".")[0] in _OTHER_CLIENTS for module in modules):
            return True
    return False


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
