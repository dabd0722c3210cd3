"""`poe upgrade`: bring an old bot up to date."""

from __future__ import annotations

from poecli.commands.upgrade.flags import UpgradeFlags
from poecli.terminal.console import Console


def upgrade(console: Console, flags: UpgradeFlags) -> int:
    """Show what an old bot needs for today's fastapi_poe and Modal, as a diff.

    With --write the files are changed; formatting and comments stay. What can't be changed safely
    is named with file and line. Files that git ignores are left alone.
    Ends with 0 when there is nothing to change, or it was changed; with 1 when there is something
    to change, or a file can't be read.

    Examples:
      poe upgrade
      poe upgrade main.py --write
      poe upgrade --explain all
    """
    from poecli.commands.upgrade.run import explain_rules, run_upgrade

    if flags.explain is not None:
        return explain_rules(console, flags.explain)
    return run_upgrade(console, flags)
