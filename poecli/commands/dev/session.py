"""One session of `poe dev`: from the start screen to the last process ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from poecli.addresses import is_loopback
from poecli.commands.dev.console_log import ConsoleLog
from poecli.commands.dev.ending import Ending, stopping_at_signals, typing
from poecli.commands.dev.json_log import JsonLog
from poecli.commands.dev.public import PublicOptions, PublicSide
from poecli.dev_events import Reloaded
from poecli.devserver.server import DevServer
from poecli.errors import BotLoadError
from poecli.local.options import LocalOptions
from poecli.local.project import local_project
from poecli.local.running import announced
from poecli.terminal.console import Console
from poecli.waiting import exit_code, run_async, within

_END_SECONDS = 5.0  # for a command to clear up in, once it is told to end
_HELP = (
    "r reload   o open the playground   c clear   s settings   "
    "k end old generations   q quit   h help"
)


def run_session(
    console: Console,
    options: LocalOptions,
    execute: str | None,
    public: PublicOptions | None,
    *,
    open_page: bool,
) -> int:
    """Serve until told to stop, or until the command of --exec has ended; the exit code.

    Raises BotLoadError when the bot can't be loaded and nobody is there to mend it.
    """
    return run_async(_session(console, options, execute, public, open_page=open_page))


async def _session(
    console: Console,
    options: LocalOptions,
    execute: str | None,
    public_options: PublicOptions | None,
    *,
    open_page: bool,
) -> int:
    if not is_loopback(options.server.host):
        console.warn(f"{options.server.host} lets other machines reach this bot.")
    console.secrets = options.platform.secrets
    console.outlives_readers = True
    log = JsonLog(console) if console.json_mode else _console_log(console, options)
    stop = Ending()
    public = PublicSide(console, log.show, public_options, options)
    with stopping_at_signals(stop):
        async with local_project(options, public.hear) as project, public.open(project, log.detail):
            with announced(options.platform.state, project.server.base_url):
                stop.hurry = project.server.kill
                if open_page:
                    webbrowser.open(_page(project.server))
                work = asyncio.create_task(
                    _work(console, project.server, log, stop, execute, public)
                )
                return await _first_to_end(work, stop, public)


def _console_log(console: Console, options: LocalOptions) -> ConsoleLog:
    key = options.server.access_key
    return ConsoleLog(console, verbose=console.verbose, default_key=str(key) if key else "")


async def _first_to_end(work: asyncio.Task[int], stop: Ending, public: PublicSide) -> int:
    """The exit code: of the work, or of what ends it. Raises why there can be no tunnel."""
    code = await stop.or_outcome(work, *filter(None, [public.keeping]))
    if code is not None:
        return code
    if public.keeping and public.keeping.done():
        await public.keeping
    return stop.code


async def _work(
    console: Console,
    server: DevServer,
    log: JsonLog | ConsoleLog,
    stop: Ending,
    execute: str | None,
    public: PublicSide,
) -> int:
    try:
        await server.wait_ready()
    except BotLoadError as error:
        # Someone at a terminal mends the file and saves it; a program wants to be told.
        if not (console.can_ask and server.options.reload):
            raise
        log.show(Reloaded(ok=False, generation=0, ms=0, files=(), error=error))
    # What is here now lives as long as this: no collection has to look at it again.
    gc.collect()
    gc.freeze()
    if execute is not None:
        await public.settled()
        return await _execute(execute, server, public.url)
    if isinstance(log, JsonLog):
        await public.settled()
        await stop.event.wait()
        return stop.code
    actions: dict[str, Callable[[], object]] = {
        "r": server.reload,
        "o": lambda: webbrowser.open(_page(server)),
        "s": lambda: log.settings(server.bots),
        "k": server.end_old_generations,
    }
    await typing(console, stop, log, _HELP, actions)
    return stop.code


async def _execute(command: str, server: DevServer, public_url: str) -> int:
    """Run the command with the server's addresses in its environment; its exit code."""
    first = server.bots[0].url if server.bots else server.url
    # The `poe` of this environment is found also where its folder is not on PATH.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    env = {**os.environ, "PATH": path, "POE_DEV_URL": first, "POE_BASE_URL": server.base_url}
    if public_url:
        env["POE_DEV_PUBLIC_URL"] = public_url
    process = await asyncio.create_subprocess_shell(command, env=env)
    try:
        code = await process.wait()
        return code if code >= 0 else 128 - code  # of a signal, as shells have it
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(asyncio.TimeoutError):
                await within(exit_code(process), _END_SECONDS)
        if process.returncode is None:
            process.kill()
            await process.wait()


def _page(server: DevServer) -> str:
    """The playground's address."""
    return f"{server.base_url}/"
