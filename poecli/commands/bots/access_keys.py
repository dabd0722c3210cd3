"""Which access key a bot at a URL may see."""

from __future__ import annotations

from pathlib import Path

from poecli.addresses import is_loopback_url
from poecli.config.credentials import Secret, checked_access_key, find_access_key, key_file_text
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, Project
from poecli.config.settings import Environment


def key_in_file(file: Path | None) -> Secret | None:
    """The access key of --access-key-file. Raises UsageError for a file that has none."""
    if file is None:
        return None
    return checked_access_key(key_file_text(file), source=str(file))


def key_for_url(url: str, project: Project, environment: Environment) -> Secret | None:
    """An access key goes to this machine and to the project's own URLs; nobody else sees it."""
    variable = DEFAULT_ACCESS_KEY_VARIABLE if is_loopback_url(url) else None
    for entry in project.bots.values():
        if entry.url and url.rstrip("/") == entry.url.rstrip("/"):
            variable = entry.access_key_env
    return _found(environment, variable) if variable else None


def key_of_bot(name: str, project: Project, environment: Environment) -> Secret | None:
    """The access key of a bot of the project."""
    entry = project.bots.get(name)
    variable = entry.access_key_env if entry else DEFAULT_ACCESS_KEY_VARIABLE
    return _found(environment, variable)


def _found(environment: Environment, variable: str) -> Secret | None:
    found = find_access_key(environment, variable)
    return found.value if found else None
