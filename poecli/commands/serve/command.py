"""`poe serve`: the bot in production."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from poecli.commands.serve.flags import ServeFlags
from poecli.terminal.console import Console
from poecli.waiting import run_async

if TYPE_CHECKING:
    from poecli.serve.supervisor import ServeEvent


def serve(console: Console, flags: ServeFlags) -> int:
    """Run a bot in production: on uvicorn, on 0.0.0.0 and $PORT.

    The access key is required (POE_ACCESS_KEY). GET /health tells whether it is ready, and the
    build. SIGTERM and SIGHUP cut no answer: at SIGTERM running answers end first, at SIGHUP new
    workers load the files and take over, one by one. The real Poe is asked, and no settings are
    sent at the start: see `poe sync-settings`.

    Examples:
      poe serve
      poe serve --workers 2 --port 8000
      kill -HUP PID
    """
    from poecli.serve.options import ServeChoices, settle_serve

    choices = ServeChoices(
        target=flags.target,
        host=flags.host,
        port=flags.port,
        workers=flags.workers,
        drain_seconds=flags.drain,
        proxies=flags.forwarded_allow_ips,
        access_log=flags.access_log,
        allow_without_key=flags.allow_without_key,
        python=flags.python,
    )
    options = settle_serve(choices, console.env, Path.cwd())
    for note in options.interpreter.notes:
        console.warn(note)

    def tell(event: ServeEvent) -> None:
        if flags.json:
            console.json({"type": event.name, "message": event.text, **event.fields})
        elif event.warning:
            console.warn(event.text)
        else:
            console.say(event.text)

    console.outlives_readers = True

    async def serving() -> None:
        from poecli.serve.supervisor import Supervisor

        # A number of its own: 1 is the channel in a worker.
        log = os.dup(console.stdout.fileno())
        await Supervisor(options, log, tell).run()

    run_async(serving())
    return 0
