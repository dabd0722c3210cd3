"""`poe dev --attach URL`: the playground in front of a bot server that runs elsewhere."""

from __future__ import annotations

import asyncio
import webbrowser
from pathlib import Path

from poecli.client.address import BotAddress
from poecli.client.http import checked_url
from poecli.commands.bots.access_keys import key_for_url, key_in_file
from poecli.commands.dev.console_log import ConsoleLog
from poecli.commands.dev.ending import Ending, stopping_at_signals, typing
from poecli.commands.dev.flags import DevFlags
from poecli.commands.dev.json_log import JsonLog
from poecli.config.paths import user_folders
from poecli.config.project import DEFAULT_PORT, find_project
from poecli.config.settings import read_environment
from poecli.errors import UsageError
from poecli.local.attached import AttachedBot, AttachOptions, attached_bot
from poecli.terminal.console import Console
from poecli.waiting import run_async

_HELP = "r ask for the settings   o open the playground   c clear   s settings   q quit   h help"
_TAKEN = {"attach_to", "access_key_file", "port", "open", "json", "quiet", "verbose"}


def attach(console: Console, flags: DevFlags, url: str) -> int:
    """Serve the page until told to stop; the exit code. Raises UsageError."""
    if unfit := flags.given(without=_TAKEN):
        raise UsageError(
            f"{', '.join(unfit)} can't be used with --attach.",
            why="It is for bots that poe dev runs itself; this one runs elsewhere.",
        )
    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    key = key_in_file(flags.access_key_file) or key_for_url(url, project, environment)
    folders = user_folders(console.env)
    options = AttachOptions(
        BotAddress.at(checked_url(url), key),
        DEFAULT_PORT if flags.port is None else flags.port,
        folders.state,
        folders.data,
    )
    console.secrets = (key.reveal(),) if key else ()
    console.outlives_readers = True
    return run_async(_session(console, options, open_page=flags.open))


async def _session(console: Console, options: AttachOptions, *, open_page: bool) -> int:
    log = JsonLog(console) if console.json_mode else ConsoleLog(console, verbose=console.verbose)
    stop = Ending()
    with stopping_at_signals(stop):
        async with attached_bot(options, log.show) as attached:
            work = asyncio.create_task(_work(console, attached, log, stop, open_page=open_page))
            await stop.or_outcome(work)
    return stop.code


async def _work(
    console: Console,
    attached: AttachedBot,
    log: JsonLog | ConsoleLog,
    stop: Ending,
    *,
    open_page: bool,
) -> None:
    await attached.ask_settings()
    if open_page:
        webbrowser.open(attached.page)
    if isinstance(log, JsonLog):
        await stop.event.wait()
        return
    actions = {
        "r": attached.reload,
        "o": lambda: webbrowser.open(attached.page),
        "s": lambda: log.settings(attached.bots),
    }
    await typing(console, stop, log, _HELP, actions)
