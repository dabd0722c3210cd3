"""Runs one program, and ends it with all it has started when standard input ends.

The other end of that pipe is ours: it closes however we end, also killed, on every system. It runs
by itself, as a file (``python -I keeper.py PROGRAM WORD…``), and needs nothing of poecli.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

_GRACE_SECONDS = 3.0


def main(words: list[str]) -> int:
    """The program's exit code; for a signal its number and 128, as shells have it."""
    try:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    except OSError as error:  # a script without its first line
        sys.exit(f"{words[0]} can't be started: {error.strerror}")
    if sys.platform != "win32":
        # It is sent to the whole group, in which we wait for the end of the others.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    if sys.platform == "win32":
        tree = ["taskkill", "/PID", str(child.pid), "/T", "/F"]
        subprocess.run(tree, check=False, capture_output=True)
        return
    os.killpg(0, signal.SIGTERM)
    try:
        child.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # Not sys.exit: it would wait for the thread that reads.
    os._exit(main(sys.argv[1:]))
