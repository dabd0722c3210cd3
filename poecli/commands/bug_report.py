"""A report about our own bug: what ran where and how it failed, without any key."""

from __future__ import annotations

import platform
import secrets
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from poecli import __version__
from poecli.config.paths import home_folder, user_folders
from poecli.config.redaction import without_secrets
from poecli.errors import ExitCode, PoeCliError
from poecli.safe_files import write_whole
from poecli.system_errors import reason_of

_LIBRARIES = ("aiohttp", "fastapi-poe", "httpx", "pydantic", "rich", "typer", "watchfiles")


class OurBug(PoeCliError):
    """An error that nothing foresaw."""

    id = "our-bug"
    exit_code = ExitCode.OUR_BUG

    @classmethod
    def reported(cls, error: Exception, arguments: Sequence[str], env: Mapping[str, str]) -> OurBug:
        """Save a report of the error; what to tell a person of it."""
        try:
            place = f"A report without keys was saved: {save_report(error, arguments, env)}"
        except OSError as problem:
            place = f"No report could be saved: {reason_of(problem)}."
        return cls(
            f"This is a bug in poe: {type(error).__name__} in `poe {' '.join(arguments[:1])}`.",
            why=place,
            hint="poe doctor --report, and send both with what you typed",
        )


def redact(text: str, env: Mapping[str, str]) -> str:
    """The text without secrets and without the name of the user's folder."""
    text, home = without_secrets(text, env), home_folder()
    return text.replace(str(home), "~") if home.name else text  # the root is in every path


def environment_lines() -> list[str]:
    """Versions of what matters here."""
    lines = [
        f"poe {__version__}",
        f"Python {platform.python_version()} ({sys.implementation.name}), {platform.platform()}",
    ]
    for library in _LIBRARIES:
        try:
            lines.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{library} is missing")
    return lines


def save_report(error: BaseException, arguments: Sequence[str], env: Mapping[str, str]) -> Path:
    """Write the report to the user's state folder; its path. Raises OSError."""
    folder = user_folders(env).state / "reports"
    text = "\n".join(
        [
            *environment_lines(),
            f"command: poe {' '.join(arguments)}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    file = folder / f"report-{secrets.token_hex(4)}.txt"
    write_whole(file, redact(text, env).encode("utf-8", "replace"))  # arguments may be any bytes
    return file
