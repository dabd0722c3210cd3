"""Memory and CPU of a whole `poe chat` for answers of 1,000, 10,000 and 100,000 events.

    python -m tests.benchmarks.chat_memory [EVENTS …]

Each answer is taken by a process of its own, once for each way of printing; the server is another
process. Memory is the peak of the process (ru_maxrss), which begins at what Python and the
libraries take; the goal is that it stays flat while the events grow a hundredfold.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection

from tests.benchmarks.client_events import serve

SIZES = (1_000, 10_000, 100_000)
WAYS: dict[str, tuple[bool, list[str]]] = {
    # name -> on a terminal, flags
    "final text into a pipe": (False, []),
    "--stream into a pipe": (False, ["--stream"]),
    "--jsonl into a pipe": (False, ["--jsonl"]),
    "Markdown on a terminal": (True, []),
    "Markdown, not stored": (True, ["--no-store"]),
}


def _read_to_end(handle: int, counted: list[int]) -> None:
    try:
        while data := os.read(handle, 65536):
            counted[0] += len(data)
    except OSError:  # Linux reports the end of a terminal so
        return


def measure(url: str, flags: Sequence[str], *, terminal: bool) -> tuple[float, float, int]:
    """Peak MB, CPU seconds and bytes written of one `poe chat URL -m hi`."""
    near, far = os.openpty() if terminal else os.pipe()
    command = [sys.executable, "-m", "poecli", "chat", url, "-m", "hi", *flags]
    counted = [0]
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "HOME": home, "XDG_DATA_HOME": home, "TERM": "xterm-256color"}
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=far)
        os.close(far)
        reader = threading.Thread(target=_read_to_end, args=(near, counted))
        reader.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
        os.close(near)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, counted[0]


def _serving(events: int) -> tuple[multiprocessing.process.BaseProcess, str]:
    context = multiprocessing.get_context("spawn")
    ours: Connection
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(events, theirs), daemon=True)
    server.start()
    return server, f"{ours.recv()}b"


def main(sizes: Sequence[int]) -> None:
    """Write one table."""
    sys.stdout.write(f"{'way':26}{'events':>9}{'peak':>10}{'CPU':>9}{'written':>13}\n")
    servers = {events: _serving(events) for events in sizes}
    for name, (terminal, flags) in WAYS.items():
        for events, (_, url) in servers.items():
            peak, seconds, written = measure(url, flags, terminal=terminal)
            sys.stdout.write(
                f"{name:26}{events:>9,}{peak:>7.1f} MB{seconds:>7.2f} s{written:>13,}\n"
            )
            sys.stdout.flush()
    for server, _ in servers.values():
        server.terminate()
        server.join()


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or SIZES)
