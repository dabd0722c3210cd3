"""A debugger's way into the worker: debugpy, when the author has installed it."""

from __future__ import annotations

import importlib

from poecli.errors import UsageError


def listen_for_debugger() -> int:
    """Let a debugger attach; the port on 127.0.0.1. Raises UsageError without debugpy."""
    try:
        debugpy = importlib.import_module("debugpy")
    except ImportError as error:
        raise UsageError(
            "--debug needs debugpy, which is not installed.",
            hint='pip install "poecli[debug]"',
        ) from error
    _, port = debugpy.listen(("127.0.0.1", 0))
    return int(port)
