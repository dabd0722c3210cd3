"""The front door: what needs no import is answered here, the rest is run and caught.

Imports stand inside functions to keep `poe --version`, `poe --help` and a TAB fast: Typer alone
costs six times a bare interpreter start, and `from __future__ import annotations` a file to read.
"""

import os
import sys

from poecli.commands import VERSION_FLAGS

_INTERRUPTED = 130  # errors.ExitCode
_SIGNALLED = 128  # so much more than the number of the signal that ended it
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run the command line; returns the exit code of the process (errors.ExitCode).

    Without ``arguments`` it is the process's own: then `--version` ends the process here.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        is_asked_for = len(arguments) == 1 and arguments[0] in VERSION_FLAGS
        if is_asked_for and _version_is_written():
            # Nothing is open and no thread runs: taking the interpreter down would only cost
            # time, a tenth of a bare start (tests/benchmarks/start_up.py).
            os._exit(0)
        code = _run(arguments)
        if code > _SIGNALLED:
            _end_with_threads(code)
        return code
    return _run(arguments)


def _run(arguments: "Sequence[str]") -> int:
    try:
        from poecli.commands.run import run
    except KeyboardInterrupt:  # as `run` says it, from its first line on
        return _INTERRUPTED
    return run(arguments)


def _end_with_threads(code: int) -> None:
    """End the process now if a thread still runs: the interpreter would wait for it."""
    import threading

    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _version_is_written() -> bool:
    """False for a closed pipe or a full disk: `run` knows how to tell.

    Past sys.stdout, which may be None, and would try what it could not write again and again.
    """
    from poecli import __version__

    try:
        os.write(1, f"poe {__version__}\n".encode())
    except OSError:
        return False
    return True
