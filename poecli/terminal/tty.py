"""What differs between the terminals of POSIX and the console of Windows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

if sys.platform == "win32":
    import ctypes
else:
    import termios

_STDOUT_HANDLE = -11  # STD_OUTPUT_HANDLE
_VT = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING


def _nothing() -> None:
    """Undo nothing."""


def echo_off(stdin: TextIO) -> Callable[[], None]:
    """Stop the terminal from showing what is typed; the result puts things back.

    A line typed while an answer is painted would move the cursor under the painter. What is typed
    is not lost: the next prompt reads it. Windows echoes only while a program reads a line.
    """
    if sys.platform != "win32":
        return _without(stdin, local=termios.ECHO)
    return _nothing


def lines_off(stdin: TextIO) -> Callable[[], None]:
    """`echo_off`, and keys reach the program one by one; Ctrl-C still interrupts.

    Enter stays Enter: a prompt that comes later would take a line end for a new row.
    """
    if sys.platform != "win32":
        typed = termios.ECHO | termios.ICANON | termios.IEXTEN
        return _without(stdin, local=typed, input=termios.ICRNL)
    return _nothing


if sys.platform != "win32":

    def _without(stdin: TextIO, *, local: int, input: int = 0) -> Callable[[], None]:
        try:
            fd = stdin.fileno()
            # In the background a change of settings would stop the process (SIGTTOU).
            if os.tcgetpgrp(fd) != os.getpgrp():
                return _nothing
            before = termios.tcgetattr(fd)
            changed = [*before]
            changed[0] &= ~input
            changed[3] &= ~local
            termios.tcsetattr(fd, termios.TCSANOW, changed)
        except (OSError, ValueError, termios.error):  # no terminal, or a buffer
            return _nothing

        def restore() -> None:
            try:
                termios.tcsetattr(fd, termios.TCSANOW, before)
            except (OSError, termios.error):  # the terminal is gone
                return

        return restore


def understands_escapes() -> bool:
    """Whether the console obeys escape sequences; on Windows they are switched on if they can be.

    https://learn.microsoft.com/windows/console/console-virtual-terminal-sequences
    """
    if sys.platform == "win32":
        kernel32 = ctypes.windll.kernel32
        handle = kernel32.GetStdHandle(_STDOUT_HANDLE)
        mode = ctypes.c_ulong()
        if not kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
            return True  # no Windows console: a terminal of the Unix kind, such as mintty
        return bool(mode.value & _VT or kernel32.SetConsoleMode(handle, mode.value | _VT))
    return True
