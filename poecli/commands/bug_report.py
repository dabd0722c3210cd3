"""A report about our own bug: what ran where and how it failed, without any key."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from poecli import __version__
from poecli.config.paths import user_folders
from poecli.config.redaction import without_secrets
from poecli.errors import ExitCode, PoeCliError

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
            place = f"No report could be saved: {problem}"
        return cls(
            f"This is a bug in poe: {type(error).__name__} in `poe {' '.join(arguments[:1])}`.",
            why=place,
            hint="poe doctor --report, and send both with what you typed",
        )


def redact(text: str, env: Mapping[str, str]) -> str:
    """The text without secrets and without the name of the user's folder."""
    return without_secrets(text, env).replace(str(Path.home()), "~")


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
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "\n".join(
        [
            *environment_lines(),
            f"command: poe {' '.join(arguments)}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    with tempfile.NamedTemporaryFile(
        "w",
        dir=folder,
        prefix="report-",
        suffix=".txt",
        delete=False,
        encoding="utf-8",
        errors="replace",  # an argument may be bytes that are no text
    ) as file:
        file.write(redact(text, env))
    return Path(file.name)
