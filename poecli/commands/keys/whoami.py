"""`poe whoami`: which keys are known, masked, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.commands.options import Json
from poecli.config.credentials import (
    API_KEY_VARIABLE,
    Secret,
    find_access_key,
    find_api_key,
)
from poecli.config.paths import user_folders
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, project_or_why
from poecli.config.settings import Environment, Setting, read_environment
from poecli.terminal.console import Console


@dataclass(frozen=True)
class WhoamiFlags:
    json: Json = False


def whoami(console: Console, flags: WhoamiFlags) -> None:
    """Show which keys are set, masked, and their sources.

    An API key is yours and pays for calls; an access key belongs to one bot.

    Examples:
      poe whoami
      poe whoami --json
    """
    project, broken = project_or_why(Path.cwd())
    if broken is not None:
        console.warn(f"{broken.message} The bots' own access keys can't be listed.")
    environment = read_environment(console.env, project.root)
    api_key = find_api_key(environment, user_folders(console.env).config)
    variables = {name: entry.access_key_env for name, entry in project.bots.items()}
    access_keys = _access_keys(environment, variables or {"": DEFAULT_ACCESS_KEY_VARIABLE})
    if flags.json:
        console.json(
            {
                "type": "keys",
                "api_key": _as_json(api_key),
                "access_keys": [
                    {"bot": bot or None, "variable": variable, **(_as_json(key) or {})}
                    for bot, variable, key in access_keys
                ],
            }
        )
        return
    _show(console, "API key", api_key, f"not set; poe login, or {API_KEY_VARIABLE}")
    for bot, variable, key in access_keys:
        of_bot = f" of {bot}" if bot else ""
        _show(console, f"access key{of_bot}", key, f"not set; {variable} in .env")


def _access_keys(
    environment: Environment, variables: dict[str, str]
) -> list[tuple[str, str, Setting[Secret] | None]]:
    return [
        (bot, variable, find_access_key(environment, variable))
        for bot, variable in variables.items()
    ]


def _as_json(key: Setting[Secret] | None) -> dict[str, Any] | None:
    return {"key": str(key.value), "source": key.source} if key else None


def _show(console: Console, what: str, key: Setting[Secret] | None, missing: str) -> None:
    console.data(f"{what}: {key.value}, from {key.source}" if key else f"{what}: {missing}")
