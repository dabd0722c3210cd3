"""A program that stands for its fork: what is done to it is done to the fork, and its end as well.

    python -I -S warm_program.py SOCKET -m MODULE ARGUMENT …

It hands its streams, folder and environment to `tests/warm_python.py`, passes on signals, and ends
as the fork does, by its exit code or its signal. When it is killed, so is the fork.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

assert sys.platform == "linux"

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STREAMS = (0, 1, 2)


def main(path: str, *arguments: str) -> int:
    """Run it to its end; its exit code."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(path)
    for number in PASSED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda got, _frame: connection.send(bytes([got])) and None)
    folder = os.getcwd()  # noqa: PTH109 - pathlib takes as long as all the rest
    order = {"arguments": arguments, "folder": folder, "environment": dict(os.environ)}
    socket.send_fds(connection, [json.dumps(order).encode()], STREAMS)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in STREAMS:  # whoever reads must see an end when the fork closes them
        os.dup2(nothing, stream)
    status = int(connection.recv(16) or b"70")
    if status < 0:
        if -status in PASSED_ON:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))
