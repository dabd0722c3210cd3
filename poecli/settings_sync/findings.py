"""What is wrong with settings before Poe sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poecli.config.credentials import Secret
from poecli.errors import BotFault
from poecli.protocol.reply import Violation
from poecli.protocol.rules.catalog import RULES
from poecli.protocol.rules.rule import Level
from poecli.protocol.rules.settings_lint import lint_settings

# Settings of the wrong form can't be compared either, so no flag lets them pass.
_UNREADABLE = ("settings-malformed", "controls-malformed")


def findings_of(settings: Mapping[str, Any]) -> list[Violation]:
    """The rules that settings break, those that bind most first."""
    order = list(Level)
    return sorted(lint_settings(settings), key=lambda v: order.index(RULES[v.rule].level))


def refuse_faulty(bot: str, findings: Sequence[Violation], *, force: bool) -> None:
    """Raise BotFault where a rule that binds is broken; ``force`` lets through what can be read."""
    binding = [found for found in findings if RULES[found.rule].level is Level.MUST]
    if force:
        binding = [found for found in binding if found.rule in _UNREADABLE]
    if binding:
        readable = not any(found.rule in _UNREADABLE for found in binding)
        raise BotFault(
            f"The settings of {bot} break {_counted(len(binding))} of the protocol.",
            why="\n".join(f"{found.detail} ({found.rule})" for found in binding),
            hint=f"Fix get_settings() of the bot{', or pass --force' if readable else ''}.",
            id="faulty-settings",
        )


def refuse_key_within(bot: str, settings: Mapping[str, Any], key: Secret | None) -> None:
    """Raise BotFault for settings that would show the bot's key to its users."""
    if key is not None and key.reveal() in str(settings):
        raise BotFault(
            f"The settings of {bot} contain its access key.",
            why="Users of the bot would see it.",
            hint="Take it out of get_settings(), and make a new key.",
        )


def finding_as_json(found: Violation) -> dict[str, str]:
    """A finding with its rule's level and fix."""
    rule = RULES[found.rule]
    return {
        "rule": rule.id,
        "level": rule.level.value,
        "detail": found.detail,
        "sentence": rule.sentence,
        "fix": rule.fix,
    }


def _counted(number: int) -> str:
    return "a rule" if number == 1 else f"{number} rules"
