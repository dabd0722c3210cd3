"""Whether a tool may be run: a question for each call, or a flag."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from poecli.terminal.console import Console
from poecli.terminal.prompts import confirm


def approver(console: Console, *, yes: bool) -> Callable[[str], Awaitable[bool]]:
    """The function that is asked before each call of a tool.

    It raises MissingChoice, naming ``--yes``, when nobody is there to agree.
    """

    async def approve(call: str) -> bool:
        # In a thread, because a question runs a loop of its own.
        return yes or await asyncio.to_thread(confirm, console, f"Run {call}?", flag="--yes")

    return approve
