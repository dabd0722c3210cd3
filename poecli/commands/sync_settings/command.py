"""`poe sync-settings`: make Poe fetch a bot's settings, or push the local bot's."""

from __future__ import annotations

from poecli.commands.sync_settings.flags import SyncFlags
from poecli.terminal.console import Console


def sync_settings(console: Console, flags: SyncFlags) -> int:
    """Make Poe fetch a bot's settings, or push the local bot's.

    Without a flag for it, the access key comes from the variable that poe.toml names
    (POE_ACCESS_KEY), from .env, or from a masked question.

    Examples:
      poe sync-settings my-bot
      poe sync-settings --all --push
      poe sync-settings my-bot --wait-for https://my-bot.example/ --check
    """
    from poecli.commands.sync_settings.run import run_sync

    return run_sync(console, flags)
