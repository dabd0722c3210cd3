"""A program on a pseudo-terminal that it controls.

Never `pty.fork`: a child that fails to become another program goes on as one more pytest. Here the
child can only exec or end, and a program that is not there is an error of the parent.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    rows: int = 24,
    columns: int = 80,
) -> tuple[subprocess.Popen[bytes], int]:
    """The process, the leader of a session of its own, and the far end of its terminal.

    Raises:
        FileNotFoundError: if there is no such program.
    """
    far, near = os.openpty()
    try:
        fcntl.ioctl(near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=near,
            stdout=near,
            stderr=near,
            start_new_session=True,
            # Runs between fork and exec; subprocess ends the child if it raises.
            preexec_fn=_take_the_terminal,  # noqa: PLW1509 - one system call, no lock is taken
        )
    except BaseException:
        os.close(far)
        raise
    finally:
        os.close(near)
    return process, far


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
