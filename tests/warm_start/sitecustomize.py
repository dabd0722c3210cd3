"""Every Python below the tests imports this first: there poe, pytest and bots start warm.

All others measure their coverage, where this run does.

It is on PYTHONPATH by `tests/warm_python.py`. Only the environment of the tests is served, for any
other has packages of its own.
"""

import os
import sys

_BOOTSTRAP = "/poecli/hosting/process/bootstrap.py"
_MODULES = (["-m", "poecli"], ["-m", "pytest"])
_socket = os.environ.get("WARM_PYTHON_SOCKET")
_runs = sys.orig_argv[1:3]
_lacks_stream = None in (sys.stdin, sys.stdout, sys.stderr)  # what is opened next has its number
_is_ours = sys.prefix == os.environ.get("WARM_PYTHON_PREFIX")

if (
    _socket
    and _is_ours
    and not _lacks_stream
    and (_runs in _MODULES or any(argument.endswith(_BOOTSTRAP) for argument in _runs[:1]))
):
    # pathlib, and the tests' other modules, take longer to import than this program.
    sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
    import warm_program  # type: ignore[import-not-found] # in the folder above, not a package here

    os._exit(warm_program.main(_socket, *sys.orig_argv[1:]))

if _is_ours and "WARM_PYTHON_COVERAGE" in os.environ and "coverage" not in sys.modules:
    # As coverage does at the start of each Python, and here need not before what is above.
    import coverage

    os.environ["COVERAGE_PROCESS_CONFIG"] = os.environ["WARM_PYTHON_COVERAGE"]
    coverage.process_startup()
