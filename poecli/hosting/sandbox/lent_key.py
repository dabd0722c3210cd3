"""Lends a bot without an access key one for its calls to the local Poe.

Sending a file or charging a cost needs an access key (PoeBot.post_message_attachment,
authorize_cost, capture_cost). The local Poe takes any, so that an author without a Poe account can
try both. The bot's own `access_key` stays None, and its door stays open.
"""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable
from typing import Any

import fastapi_poe as fp

from poecli.protocol.limits import ACCESS_KEY_CHARACTERS

# The last two came with fastapi_poe 0.0.50.
_METHODS = ("post_message_attachment", "authorize_cost", "capture_cost")
LENT_KEY = "lent-by-poe-dev".ljust(ACCESS_KEY_CHARACTERS.value, "-")

_logger = logging.getLogger(__name__)


def install() -> Callable[[], None]:
    """Lend a key from now on; returns what undoes it."""
    originals = {name: vars(fp.PoeBot)[name] for name in _METHODS if hasattr(fp.PoeBot, name)}
    warn = functools.cache(_warn)
    for name, original in originals.items():
        setattr(fp.PoeBot, name, _lending(original, warn))

    def undo() -> None:
        for name, original in originals.items():
            setattr(fp.PoeBot, name, original)

    return undo


def _warn() -> None:
    _logger.warning(
        "Files and costs need an access key, and the bot has none: poe dev supplies one. When "
        "deployed, they fail until POE_ACCESS_KEY is set."
    )


def _lending(original: Callable[..., Any], warn: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def method(self: fp.PoeBot, *args: Any, **kwargs: Any) -> Any:
        if self.access_key or kwargs.get("access_key") or (args and isinstance(args[0], str)):
            return await original(self, *args, **kwargs)
        warn()
        # A copy shares all the bot holds, its list of pending files too; only the key differs.
        lent = copy.copy(self)
        lent.access_key = LENT_KEY
        return await original(lent, *args, **kwargs)

    return method
