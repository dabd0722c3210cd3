"""A watch on every Python process below a test: who tries to leave the loopback."""

from __future__ import annotations

import os
from pathlib import Path

from tests import warm_python

# Runs at the start of every Python process below the test's: each attempt to resolve a name or to
# connect is seen by an audit hook, which no code can remove.
WATCH = """\
import os
import sys

LOOPBACK = ("127.", "localhost", "::1", "0.0.0.0")


def watch(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host and not host.startswith(LOOPBACK):
        with open(os.environ["SEEN_OUTSIDE"], "a") as log:
            log.write(f"{event} {host}\\n")
        raise OSError(f"the network is blocked: {host}")


with open(os.environ["SEEN_OUTSIDE"] + ".watched", "a") as log:
    log.write(f"{os.getpid()}\\n")
sys.addaudithook(watch)
"""


class Watched:
    """Where the watchers of all processes write what they saw."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "outside.txt"
        start = f"import runpy\nrunpy.run_path({str(warm_python.START / 'sitecustomize.py')!r})\n"
        (folder / "sitecustomize.py").write_text(WATCH + start)
        paths = [str(folder), os.environ.get("PYTHONPATH", "")]
        self.env = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "SEEN_OUTSIDE": str(self._log),
        }

    @property
    def attempts(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    @property
    def processes(self) -> int:
        return len(Path(f"{self._log}.watched").read_text().splitlines())
