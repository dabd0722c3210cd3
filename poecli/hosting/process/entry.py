"""The start of a process that is to be warm: its imports with the garbage collector at rest.

    main("worker")
    main("fork_server", FD)

What an import makes stays, so the collector looks through it again and again for nothing: that
is a fifth of the processor time of importing fastapi_poe. `collect_again` ends the rest, before
the author's code runs.
"""

from __future__ import annotations

import gc
import importlib


def main(name: str, *arguments: str) -> int:
    """Import the module of that name beside this one and run it; its exit code."""
    gc.disable()
    code: int = importlib.import_module(f"poecli.hosting.process.{name}").main(*arguments)
    return code


def collect_again() -> None:
    """End the rest, once. What is alive now counts as staying: forks share it untouched."""
    if gc.isenabled():
        return
    gc.collect()
    gc.freeze()
    gc.enable()
