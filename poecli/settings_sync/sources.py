"""The settings to sync: read from the deployed bot at its URL or from the local one, and linted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_raw_settings, ask_settings
from poecli.config.credentials import Secret
from poecli.errors import BotFault, KeyProblem, PoeCliError, TimedOut, UsageError
from poecli.protocol.reply import Violation
from poecli.protocol.rules.catalog import RULES
from poecli.protocol.rules.rule import Level
from poecli.protocol.rules.settings_lint import lint_settings
from poecli.settings_sync.drift import Settings

# Settings of the wrong form can't be compared either, so no flag lets them pass.
_UNREADABLE = ("settings-malformed", "controls-malformed")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0

ReadLocalSettings = Callable[[str], Awaitable[Mapping[str, Settings]]]
"""Starts the bot of a handle in a worker; the raw settings answers there by the bots' names."""


async def local_settings(bot: str, read_local: ReadLocalSettings) -> Settings:
    """The settings of the local bot of that name, or of the only one. Raises UsageError."""
    bots = await read_local(bot)
    if bot in bots:
        return bots[bot]
    if len(bots) == 1:
        return next(iter(bots.values()))
    raise UsageError(
        f"The local project has no bot {bot!r}.",
        why=f"It has {', '.join(sorted(bots)) or 'none'}.",
        hint="Name one of them, or set [dev] target in poe.toml.",
    )


async def deployed_settings(url: str, key: Secret | None, seconds: float) -> Settings:
    """The settings a bot answers at its URL. Raises what `ask_settings` raises."""
    return await ask_raw_settings(BotAddress.at(url, key), timeouts=Timeouts(first_event=seconds))


async def wait_for(
    url: str, key: Secret | None, seconds: float, say: Callable[[str], None]
) -> None:
    """Ask a deployed bot for its settings until it answers. Raises TimedOut, KeyProblem."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    pause = _FIRST_PAUSE
    bot = BotAddress.at(url, key)
    say(f"Waiting for {url}")
    while True:
        left = max(0.1, end - clock())
        try:
            await ask_settings(bot, timeouts=Timeouts(first_event=left))
        except (KeyProblem, UsageError):
            raise
        except PoeCliError as error:
            if clock() + pause >= end:
                raise TimedOut(
                    f"The bot did not answer within {seconds:g} s.",
                    why=f"The last try: {error.message}",
                    hint="Check the log of the deployment, or wait longer with --wait-timeout.",
                ) from error
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        else:
            return


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
            hint="Remove it from get_settings(), and create a new key.",
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
