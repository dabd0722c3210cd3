"""The fork server: a process that has imported the SDK, runs no loop and no thread, and forks.

A fork to a ready worker takes some 10 ms where a fresh interpreter takes some 700, because
importing fastapi_poe is nearly all of it. Linux only: macOS's own libraries do not survive a fork
without exec. It talks over a SOCK_SEQPACKET socket, a message a packet; a `Fork` carries the new
worker's control socket and output pipe as file descriptors.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import os
import select
import signal
import socket
import sys
import traceback

assert sys.platform != "win32"  # noqa: S101 - the type checker reads no further there

from poecli.hosting.process import worker  # noqa: E402 - see above
from poecli.hosting.process.channel import Channel, flush_standard_streams  # noqa: E402 - see above
from poecli.hosting.process.entry import collect_again  # noqa: E402 - see above
from poecli.hosting.process.imports import has_threads, import_ahead  # noqa: E402 - see above
from poecli.hosting.process.messages import (  # noqa: E402 - see above
    Fork,
    ForkDone,
    ForkExit,
    Message,
    Preload,
    PreloadDone,
    decode,
    encode,
)

MAX_PACKET_BYTES = 256 * 1024
_FDS_OF_A_FORK = 2  # control socket, output pipe


class ForkServer:
    """Serves one parent until it is gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        # SIGCHLD wakes the loop through this pipe (signal.set_wakeup_fd).
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Fork on demand, report what ended, return when the parent is gone."""
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        while True:
            control = self._control.fileno()
            readable, _, _ = select.select([control, self._woken], [], [])
            if self._woken in readable:
                self._reap()
            if control in readable and not self._take_packet():
                return

    def _take_packet(self) -> bool:
        data, fds = _receive(self._control)
        if not data:
            return False
        message = decode(data)
        if isinstance(message, Preload):
            self._preload(message)
        elif isinstance(message, Fork) and len(fds) == _FDS_OF_A_FORK:
            self._fork(message.id, *fds)
        return True

    def _preload(self, order: Preload) -> None:
        package = "" if has_threads() else import_ahead(order.modules, order.refused)
        if package is None:
            collect_again()
        self._send(PreloadDone(package))

    def _fork(self, id: int, channel_fd: int, output_fd: int) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(channel_fd, output_fd)
        os.close(channel_fd)
        os.close(output_fd)
        self._send(ForkDone(id, pid))

    def _become_worker(self, channel_fd: int, output_fd: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Ctrl-C in the terminal is for the parent, which then ends its workers.
            os.setsid()
            for fd in (self._control.detach(), self._woken, self._wake):
                os.close(fd)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output_fd, 1), (output_fd, 2)):
                os.dup2(source, target)
            os.close(nothing)
            os.close(output_fd)
            code = worker.run(Channel.over_socket(socket.socket(fileno=channel_fd)))
        except BaseException:  # noqa: BLE001 - nothing may return into the server's loop
            traceback.print_exc()
        finally:
            # Leaving through the server's frames would tear down what is shared; this does not.
            atexit._run_exitfuncs()  # noqa: SLF001 - the author's clean-up, as a plain exit would run it
            flush_standard_streams()
            os._exit(code)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._send(ForkExit(pid, os.waitstatus_to_exitcode(status)))

    def _send(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # the parent is gone: the loop sees that next
            self._control.send(encode(message))


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    # As socket.recv_fds, which Python documents for Unix and typeshed hides elsewhere.
    fds = array.array("i")
    space = socket.CMSG_LEN(_FDS_OF_A_FORK * fds.itemsize)
    try:
        data, ancillary, _, _ = control.recvmsg(MAX_PACKET_BYTES, space)
    except OSError:
        return b"", []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return data, list(fds)


def main(control: str) -> int:
    """Serve the parent at the other end of this socket, a file descriptor."""
    ForkServer(socket.socket(fileno=int(control))).run()
    return 0
