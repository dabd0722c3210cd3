"""What pip and uv say where they install nothing, as recorded, in words of our own."""

from __future__ import annotations

import pytest

from poecli.errors import ExitCode
from poecli.local.pip_errors import refusal

# pip 23.2.1 and 24.2 (the same words), 23.0.1 on Python 3.8, and uv 0.13.9; versions left out.
SAID = {
    "pip, no such version": (
        "9.9.9",
        ("WARNING: Location 'file:///opt/simple/fastapi-poe/' is ignored: it is neither a file nor "
        "a directory.\nERROR: Ignored the following yanked versions: 0.0.29\n"
        "ERROR: Could not find a version that satisfies the requirement fastapi_poe==9.9.9 (from"
        " versions: 0.0.1, 0.0.2)\nERROR: No matching distribution found for fastapi_poe==9.9.9\n"),
        (ExitCode.USAGE, "There is no fastapi_poe 9.9.9.",
         "The package index has none of that number."),
    ),
    "pip, no network": (
        "0.0.36",
        ("WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'ProxyError("
        "'Cannot connect to proxy.', NewConnectionError('<pip._vendor.urllib3.connection object at "
        "0x7f7071bf7190>: Failed to establish a new connection: [Errno 111] Connection refused'))':"
        " /simple/fastapi-poe/\nERROR: Could not find a version that satisfies the requirement "
        "fastapi_poe==0.0.36 (from versions: none)\n"
        "ERROR: No matching distribution found for fastapi_poe==0.0.36\n"),
        (ExitCode.NOT_REACHABLE, "fastapi_poe 0.0.36 could not be downloaded.",
         "[Errno 111] Connection refused."),
    ),
    "pip, an index without it": (
        "0.0.36",
        ("ERROR: Could not find a version that satisfies the requirement fastapi_poe==0.0.36 (from "
        "versions: none)\nERROR: No matching distribution found for fastapi_poe==0.0.36\n"),
        (ExitCode.NOT_REACHABLE, "fastapi_poe 0.0.36 could not be downloaded.",
         "There is no network, or the package index has no fastapi_poe."),
    ),
    "pip, another Python": (
        "0.0.83",
        ("ERROR: Ignored the following versions that require a different python version: 0.0.52 "
        "Requires-Python >=3.9; 0.0.83 Requires-Python >=3.9\nERROR: Could not find a version that "
        "satisfies the requirement fastapi_poe==0.0.83 (from versions: 0.0.1, 0.0.51)\n"
        "ERROR: No matching distribution found for fastapi_poe==0.0.83\n"),
        (ExitCode.BOT_NOT_LOADED, "fastapi_poe 0.0.83 can't be installed on Python 3.8.18.",
         "It requires Python >=3.9."),
    ),
    "uv, no such version": (
        "9.9.9",
        ("error: No solution found when resolving dependencies\n  cause: Because there is no "
        "version of fastapi-poe==9.9.9 and you require fastapi-poe==9.9.9, we can conclude that "
        "your requirements are unsatisfiable.\n"),
        (ExitCode.USAGE, "There is no fastapi_poe 9.9.9.",
         "The package index has none of that number."),
    ),
    "uv, no network": (
        "0.0.36",
        ("error: Request failed after 1 retry in 1.4s\n"
        "  cause: Failed to fetch: https://index.example/simple/fastapi-poe/\n"
        "  cause: client error (Connect)\n  cause: Connection refused (os error 111)\n"),
        (ExitCode.NOT_REACHABLE, "fastapi_poe 0.0.36 could not be downloaded.",
         "Connection refused (os error 111)."),
    ),
    "uv, another Python": (
        "0.0.83",
        ("error: No solution found when resolving dependencies\n  cause: Because the current "
        "Python version (3.8.18) does not satisfy Python>=3.9 and fastapi-poe==0.0.83 depends on "
        "Python>=3.9, we can conclude that fastapi-poe==0.0.83 cannot be used.\n"),
        (ExitCode.BOT_NOT_LOADED, "fastapi_poe 0.0.83 can't be installed on Python 3.8.18.",
         "It requires Python >=3.9."),
    ),
    "anything else": (
        "0.0.36",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
        (ExitCode.BOT_NOT_LOADED, "fastapi_poe 0.0.36 could not be installed.",
         "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_why_a_version_is_not_installed(case: str) -> None:
    """The exit code says whether it is the number, the network or the Python."""
    version, said, expected = SAID[case]

    error = refusal(said, version, "3.8.18")

    assert (error.exit_code, error.message, error.why) == expected
