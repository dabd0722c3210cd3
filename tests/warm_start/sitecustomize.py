"""Every Python below the tests imports this first: there a process for bots starts warm.

It is on PYTHONPATH by `tests/warm_python.py`. Only the environment of the tests is served, for any
other has packages of its own.
"""

import os
import sys

_BOOTSTRAP = "/poecli/hosting/process/bootstrap.py"
_socket = os.environ.get("WARM_PYTHON_SOCKET")

if (
    _socket
    and sys.prefix == os.environ.get("WARM_PYTHON_PREFIX")
    and any(argument.endswith(_BOOTSTRAP) for argument in sys.orig_argv[1:2])
):
    # pathlib, and the tests' other modules, take longer to import than this program.
    sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
    import warm_program  # type: ignore[import-not-found] # in the folder above, not a package here

    os._exit(warm_program.main(_socket, *sys.orig_argv[1:]))
