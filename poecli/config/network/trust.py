"""The variables by which a process says whom TLS trusts and where it logs its keys.

Python's ssl and httpx read them, and fail on a stale one far from its name: httpx at the first
client, aiohttp at its import.
https://www.python-httpx.org/environment_variables/
"""

from __future__ import annotations

import os
import ssl
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from poecli.errors import UsageError
from poecli.system_errors import reason_of


def trust_mistake(environment: Mapping[str, str]) -> UsageError | None:
    """The mistake in the first of the variables that can't be used; None when all can."""
    for name, (problem_of, hint) in _VARIABLES.items():
        value = environment.get(name)
        if not value or (name == "SSL_CERT_DIR" and environment.get("SSL_CERT_FILE")):
            continue  # httpx looks at the folder only without a file
        problem = problem_of(value)
        if problem:
            return UsageError(
                f"{name} can't be used for TLS.",
                why=f"{name} is {value!r}: {problem}.",
                hint=f"Unset {name}, or name {hint}.",
            )
    return None


def mistake_behind(error: BaseException, environment: Mapping[str, str]) -> UsageError | None:
    """The variable that an error of Python's ssl is about; None for any other error."""
    if not isinstance(error, OSError):  # ssl.SSLError is one
        return None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not frames or frames[-1].f_code.co_filename != ssl.__file__:
        return None
    return trust_mistake(environment)


def _problem_of_log(value: str) -> str:
    try:
        with Path(value).open("ab"):
            return ""
    except OSError as error:
        return reason_of(error)


def _problem_of_file(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)
    except ssl.SSLError:
        return "it contains no PEM certificate"
    except OSError as error:
        return reason_of(error)
    return ""


def _problem_of_folder(value: str) -> str:
    return "" if any(Path(part).is_dir() for part in value.split(os.pathsep)) else "no such folder"


_VARIABLES: dict[str, tuple[Callable[[str], str], str]] = {
    "SSLKEYLOGFILE": (_problem_of_log, "a file that can be written"),
    "SSL_CERT_FILE": (_problem_of_file, "a file of PEM certificates"),
    "SSL_CERT_DIR": (_problem_of_folder, "a folder of certificates"),
}
