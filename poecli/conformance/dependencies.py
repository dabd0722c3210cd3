"""The bots a bot really called, against those that its settings declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from poecli.conformance.results import Finding, Run
from poecli.protocol.settings import ANY_BOT, declared_calls

_RULES = ("dependency-undeclared", "dependency-exceeded", "dependency-unused")


@dataclass
class UpstreamCalls:
    """Calls to other bots, as the local Poe saw them."""

    made: Counter[str] = field(default_factory=Counter)
    refused: dict[str, int] = field(default_factory=dict)  # bot -> calls declared for it

    def run(self, settings: Mapping[str, Any], named: Collection[str] | None = None) -> Run:
        """What the calls tell about the declaration in ``settings``.

        ``named`` are the bots that the source calls, None when it does not tell.
        """
        declared = settings.get("server_bot_dependencies") or {}
        findings = [
            Finding("dependency-exceeded", f"{bot}: more than {count} calls for one message")
            if declared_calls(declared, bot) is not None
            else Finding("dependency-undeclared", f"{bot} was called")
            for bot, count in self.refused.items()
        ]
        idle = [
            bot
            for bot in declared
            if bot != ANY_BOT and bot not in self.made and bot not in self.refused
        ]
        never = [] if named is None else [bot for bot in idle if bot not in named]
        findings += [
            Finding("dependency-unused", f"{bot}: no line of the source calls it") for bot in never
        ]
        if idle and not never:
            # Another question might well lead to the call.
            reason = f"no question of this check made it call {', '.join(idle)}"
            return Run(tuple(findings), frozenset(_RULES[:2]), {"dependency-unused": reason})
        return Run(tuple(findings), frozenset(_RULES))
