"""`poe dev`: run a bot with hot reload, next to a local Poe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poecli.commands.dev.flags import DevFlags
from poecli.errors import UsageError
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.local.options import LocalOptions

_SAVED = {"host", "port", "bot", "fault", "balance"}
_NO_SETTING = {"target", "save", "execute", "open", "json", "quiet", "verbose"}


def dev(console: Console, flags: DevFlags) -> int:
    """Run a bot with hot reload, next to a local Poe.

    A save shows in the next answer; running answers end on the code that began them. The
    playground, a page for the browser, shows the chat and each turn. Nothing leaves this machine
    unless --bot NAME=live says so. A bot that does not load at the start is waited for on a
    terminal, and ends `poe dev` with code 6 in a script.

    --tunnel gives the bots alone a public URL, by a tunnel client of your own, and tries it. With
    `--bot '*=live'` calls of queries that come from Poe go to Poe, with the query's own key.

    Examples:
      poe dev
      poe dev bots/echo.py:EchoBot --port 0
      poe dev --open
      poe dev --bot GPT-3.5-Turbo=live
      poe dev --bot GPT-4o=mock,delay=2 --fault cut=0.1 --save
      poe dev --exec "pytest tests"
      poe dev --tunnel cloudflared --bot "*=live"
      poe dev --attach http://127.0.0.1:3000/
    """
    if flags.attach_to is not None:
        from poecli.commands.dev.attach import attach

        return attach(console, flags, flags.attach_to)
    if flags.access_key_file is not None:
        raise UsageError(
            "--access-key-file can only be used with --attach.",
            hint="The key of a bot that runs here is POE_ACCESS_KEY, in .env for example.",
        )
    from poecli.commands.dev.public import settle_public
    from poecli.commands.dev.session import run_session
    from poecli.config.project import find_project
    from poecli.local.options import settle_options
    from poecli.scaffold.private_env import keep_env_private
    from poecli.suggestions import shell_word

    options = settle_options(flags, console.env, Path.cwd())
    root = options.platform.root
    if flags.save:
        _save(console, flags, options)
    project = find_project(root)
    if (root / ".env").exists():
        keep_env_private(root, console.say, console.warn)
    if flags.target is None:
        for bot in project.bots_elsewhere:
            target = shell_word(bot.target or ".")
            console.say(f"also in poe.toml: {bot.name} (poe dev {target})", style="dim")
    public = settle_public(console, flags, options, project)
    return run_session(console, options, flags.execute, public, open_page=flags.open)


def _save(console: Console, flags: DevFlags, options: LocalOptions) -> None:
    """Write the flags that have a place in poe.toml, and name the others."""
    from poecli.local.options import save_flags

    wrote = f"Wrote {save_flags(flags, options).name}"
    rest = ", ".join(flags.given(without=_SAVED | _NO_SETTING))
    console.say(f"{wrote}; for this run only: {rest}." if rest else f"{wrote}.")
