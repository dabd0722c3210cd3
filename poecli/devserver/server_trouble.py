"""What goes wrong between the network and us, in one line each, and the same thing once."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from typing import Any

from poecli.dev_events import Advice, DevEvent, Notice

_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)


class ServerTrouble(logging.Handler):
    """Hears aiohttp's log and the event loop's complaints, and reports them.

    Both print a traceback of their own for every malformed request, and 1,024 of them for each
    look at the port while no file descriptor is left.
    """

    def __init__(self, report: Callable[[DevEvent], None]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        self._told: set[str] = set()
        self.logger = logging.getLogger(f"poecli.devserver.{id(self):x}")
        self.logger.propagate = False
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        error = record.exc_info[1] if record.exc_info else None
        cause = f": {type(error).__name__}: {error}" if error else ""
        self._tell(Notice(f"{record.getMessage()}{cause}".splitlines()[0], warning=True))

    def on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """For ``loop.set_exception_handler``."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _OUT_OF_FILES:
            self._tell(
                Advice(
                    "poe dev is out of file descriptors: new connections have to wait.",
                    f"{error.strerror}; each connection takes one.",
                    "Close idle clients, or raise the limit before the start: ulimit -n 4096",
                )
            )
            return
        loop.default_exception_handler(context)

    def _tell(self, report: Notice | Advice) -> None:
        text = report.text if isinstance(report, Notice) else report.message
        if text not in self._told:
            self._told.add(text)
            self._report(report)
