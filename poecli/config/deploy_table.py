"""The table of poe.toml that says where a bot is deployed.

[bots.my-bot.deploy]
to = "modal"                         # and app, file, secret
to = "docker"                        # and image, push, run, host, port
to = "fly"                           # and app, file
to = "command"                       # and command, rollback, secrets
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from poecli.config import values
from poecli.config.toml_tables import NUMBER, TEXT, YES_OR_NO, TomlFile, ValueType
from poecli.suggestions import closest

# Fly's rule, which is the narrowest; Modal allows capitals, periods and underscores too.
_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# A repository without a tag, which is the build. https://pkg.go.dev/github.com/distribution/reference
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)*")


@dataclass(frozen=True)
class DeployTable:
    """``settings`` are the provider's own keys, checked; those that are left out are not there."""

    to: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def _app(value: str) -> None:
    if not _APP.fullmatch(value):
        raise ValueError(f"{value!r} can't be the name of an app")


def _image(value: str) -> None:
    if not _IMAGE.fullmatch(value):
        raise ValueError(
            f"{value!r} is not the name of an image in small letters and without a tag: "
            "the tag is the build"
        )


def _not_blank(value: str) -> None:
    if not value.strip():
        raise ValueError("it is empty")


_FILLED = replace(TEXT, check=_not_blank)
_APP_NAME = replace(TEXT, check=_app, example='app = "my-bot"')
KEYS: Mapping[str, Mapping[str, ValueType]] = {
    "modal": {
        "app": _APP_NAME,
        "file": replace(_FILLED, example='file = "modal_app.py"'),
        "secret": replace(TEXT, check=_app, example='secret = "my-bot"'),
    },
    "docker": {
        "image": replace(TEXT, check=_image, example='image = "registry.example.com/me/my-bot"'),
        "push": replace(YES_OR_NO, example="push = true"),
        "run": replace(_FILLED, example='run = "ssh host ./start {image}"'),
        "host": replace(_FILLED, example='host = "ssh://me@host.example.com"'),
        "port": replace(NUMBER, check=values.port, example="port = 8080"),
    },
    "fly": {
        "app": _APP_NAME,
        "file": replace(_FILLED, example='file = "fly.toml"'),
    },
    "command": {
        "command": replace(_FILLED, example='command = "./deploy.sh {build}"'),
        "rollback": replace(_FILLED, example='rollback = "./deploy.sh {build}"'),
        "secrets": replace(_FILLED, example="secrets = \"ssh host 'umask 77; cat > my-bot/.env'\""),
    },
}
_NEEDED = {"docker": "image", "command": "command"}


def read_deploy_table(file: TomlFile, table: Mapping[str, Any], *place: str | int) -> DeployTable:
    """The table at a place of the file. Raises ProjectFileError, with the line."""
    named = " or ".join(f'"{name}"' for name in KEYS)
    to = table.get("to")
    if to is None:
        raise file.error((*place, "to"), "the key `to` is missing", f"Write to = {named}.")
    if not isinstance(to, str) or to not in KEYS:
        near = closest(to, KEYS) if isinstance(to, str) else None
        meant = f'"{near}"' if near else named
        raise file.error(
            (*place, "to"), f"{to!r} is not a place to deploy to", f"Write to = {meant}."
        )
    file.check(table, {"to": TEXT, **KEYS[to]}, *place)
    needed = _NEEDED.get(to)
    if needed is not None and needed not in table:
        example = KEYS[to][needed].example
        raise file.error((*place, needed), f'to = "{to}" needs {needed}', f"Write {example}.")
    return DeployTable(to, {key: value for key, value in table.items() if key != "to"})
