"""Steps about the project's bots where they are deployed."""

from __future__ import annotations

from poecli.addresses import is_loopback_url
from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_settings
from poecli.config.credentials import find_access_key
from poecli.config.project import BotEntry
from poecli.doctor.context import DoctorContext
from poecli.errors import KeyRefused
from poecli.probe.answers import WRONG_KEY
from poecli.step_results import StepResult, failed, ok, skipped

_PATIENCE = Timeouts(connect=10, first_event=30)


def _deployed(context: DoctorContext) -> list[BotEntry]:
    return [bot for bot in context.project.bots.values() if bot.url]


async def deployed_url(context: DoctorContext) -> StepResult:
    """Whether each deployed bot answers `settings` at its HTTPS address. Raises PoeCliError."""
    bots = _deployed(context)
    for bot in bots:
        # Poe asks for HTTPS; a bot on this machine is out of its reach anyway.
        if not (bot.url or "").startswith("https://") and not is_loopback_url(bot.url or ""):
            return failed(
                f"The url of {bot.name} is not https://, which Poe requires.",
                "Change url in poe.toml to the HTTPS address.",
            )
        key = find_access_key(context.environment, bot.access_key_env)
        address = BotAddress.at(bot.url or "", key.value if key else None)
        await ask_settings(address, timeouts=_PATIENCE)
    if not bots:
        return skipped("poe.toml has no url.")
    return ok(f"{', '.join(bot.name for bot in bots)}: settings answered")


async def wrong_key(context: DoctorContext) -> StepResult:
    """Whether each deployed bot refuses a wrong key: without that anybody can use it.

    Raises PoeCliError for one that can't be asked.
    """
    bots = _deployed(context)
    for bot in bots:
        try:
            await ask_settings(BotAddress.at(bot.url or "", WRONG_KEY), timeouts=_PATIENCE)
        except KeyRefused:
            continue
        return failed(
            f"{bot.name} accepts a wrong access key: anyone can use it.",
            f"Set {bot.access_key_env} where it runs, and remove allow_without_key=True.",
        )
    return ok("refused") if bots else skipped("Nothing is deployed.")
