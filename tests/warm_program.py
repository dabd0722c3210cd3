"""A program that stands for its fork: what is done to it is done to the fork, and its end as well.

    python -I -S warm_program.py SOCKET -m MODULE ARGUMENT …

It hands its streams, folder and environment to `tests/warm_python.py`, passes on signals, and ends
as the fork does, by its exit code or its signal. When it is killed, so is the fork.

Only modules in C: socket, signal and json take twice as long to import as a bare Python to start.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found] # typeshed has no stub of it
import _socket as socket
import fcntl
import os
import sys
import termios

assert sys.platform == "linux"

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STREAMS = (0, 1, 2)
SOCKET = "WARM_PYTHON_SOCKET"
INT_BYTES = 4


def main(path: str, *arguments: str) -> int:
    """Run it to its end; its exit code."""
    fds = [*STREAMS, *_inherited()]
    leads = os.getsid(0) == os.getpid()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(path)
    except OSError:  # it was killed: the real start, by which nothing asks for it again
        cold = {name: value for name, value in os.environ.items() if name != SOCKET}
        os.execve(sys.executable, [sys.executable, *arguments], cold)  # noqa: S606 - as above
    for number in PASSED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda got, _frame: connection.send(bytes([got])) and None)
    order = {
        "arguments": [*arguments],
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib takes as long as all the rest
        "environment": dict(os.environ),
        "numbers": fds,
        "leads": leads,
        "has_terminal": leads and _gave_up_terminal(),
    }
    numbers = b"".join(fd.to_bytes(INT_BYTES, sys.byteorder) for fd in fds)
    connection.sendmsg([repr(order).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in fds:  # whoever reads must see an end when the fork closes them
        os.dup2(nothing, fd)
    status = int(connection.recv(16) or b"70")
    if status < 0:
        if -status in PASSED_ON:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


def _gave_up_terminal() -> bool:
    """Whether there was one that this session is controlled by: it is to control the fork's."""
    if not os.isatty(0):
        return False
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which comes of it: ioctl_tty(2)
    fcntl.ioctl(0, termios.TIOCNOTTY)
    signal.signal(signal.SIGHUP, before)
    return True


def _inherited() -> list[int]:
    """What it was given beside its streams; Python's own files are not inheritable."""
    found = map(int, os.listdir("/proc/self/fd"))  # noqa: PTH208 - as above
    return [fd for fd in found if fd not in STREAMS and _is_inheritable(fd)]


def _is_inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:  # of the listing itself
        return False


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))
