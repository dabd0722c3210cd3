"""Find and read ``poe.toml``, the project file.

    [bots.my-bot]                        # the bot's handle on Poe
    path = "/"                           # where it is served, if there are several
    target = "bots/mine.py"              # where it is, if they are in several places
    url = "https://…"                    # where it is deployed
    access_key = "env:POE_ACCESS_KEY"    # never the key itself: the file belongs in git

    [bots.my-bot.deploy]                 # where it goes: see deploy_table.py
    to = "modal"

    [dev]
    target = "main.py"                   # a folder, a file or module:attribute
    port = 8080

    [dev.bots]
    "GPT-3.5-Turbo" = "mock"             # what answers when the bot calls this one

The table is `poe.toml`'s own; ``[tool.poe]`` of pyproject.toml belongs to poethepoet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from poecli.config import values
from poecli.config.credentials import API_KEY_VARIABLE
from poecli.config.deploy_table import DeployTable, read_deploy_table
from poecli.config.toml_tables import NUMBER, TABLE, TEXT, TEXTS, TomlFile
from poecli.errors import ProjectFileError, UsageError
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS

FILE_NAME = "poe.toml"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_ACCESS_KEY_VARIABLE = "POE_ACCESS_KEY"
_KEY_REFERENCE = re.compile(r"^env:([A-Za-z_][A-Za-z0-9_]*)$")


@dataclass(frozen=True)
class BotEntry:
    """A bot of the project. ``access_key_env`` names the variable that holds its access key."""

    name: str
    path: str = "/"
    url: str | None = None
    access_key_env: str = DEFAULT_ACCESS_KEY_VARIABLE
    target: str | None = None
    deploy: DeployTable | None = None


@dataclass(frozen=True)
class DevTable:
    """The ``[dev]`` table; None where the file says nothing."""

    target: str | None = None
    host: str | None = None
    port: int | None = None
    balance: int | None = None  # milli-cents of a US dollar, as in cost requests
    keep_days: int | None = None  # how long turns are kept, and how much of them
    keep_megabytes: int | None = None
    faults: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    python: str | None = None  # a program, an environment's folder, or a version
    tunnel: str | None = None  # the client of `poe dev --tunnel`, and its URL if it prints none
    tunnel_url: str | None = None
    bots: Mapping[str, str] = field(default_factory=dict)  # handle -> mode of the upstream bot


@dataclass(frozen=True)
class Project:
    """What ``poe.toml`` says. ``file`` is None for a folder without one."""

    root: Path
    file: Path | None = None
    bots: Mapping[str, BotEntry] = field(default_factory=dict)
    dev: DevTable = field(default_factory=DevTable)
    base_url: str | None = None

    @property
    def target(self) -> str | None:
        """What is meant where the project alone is named: that of [dev], else the bots' one."""
        of_bots = {entry.target for entry in self.bots.values() if entry.target}
        return self.dev.target or (of_bots.pop() if len(of_bots) == 1 else None)

    def target_of(self, bot: str) -> str:
        """The target of one bot, as it would be typed in the project's folder."""
        entry = self.bots.get(bot)
        return (entry and entry.target) or self.target or "."

    @property
    def bots_elsewhere(self) -> list[BotEntry]:
        """Those that a bare `poe dev` does not serve."""
        return [e for e in self.bots.values() if e.target and e.target != self.target]

    @property
    def key_variables(self) -> set[str]:
        """Those that hold a key of Poe's, whatever their names are."""
        of_bots = {entry.access_key_env for entry in self.bots.values()}
        return {API_KEY_VARIABLE, DEFAULT_ACCESS_KEY_VARIABLE, *of_bots}

    def without_keys(self, env: Mapping[str, str]) -> dict[str, str]:
        """The environment of another's program, which has no business with keys of Poe's."""
        return {name: value for name, value in env.items() if name not in self.key_variables}

    @contextmanager
    def blamed_for(self, *path: str) -> Iterator[None]:
        """Names file and line in a UsageError about the value at this path of the file."""
        try:
            yield
        except UsageError as error:
            if self.file is None:
                raise
            raise ProjectFileError(
                f"{TomlFile.read(self.file).at(*path)}: {error.message}",
                why=error.why,
                hint=error.hint,
                detail=error.detail,
            ) from error


def find_project(start: Path) -> Project:
    """The project of a folder: the nearest ``poe.toml`` there or above, else the bare folder.

    Raises ProjectFileError for a file that can't be used.
    """
    file = _nearest_file(start.resolve())
    return read_project(file) if file else Project(root=start.resolve())


def project_or_why(start: Path) -> tuple[Project, ProjectFileError | None]:
    """As find_project; for a file that can't be used its bare folder, and what is wrong with it."""
    file = _nearest_file(start.resolve())
    if file is None:
        return Project(root=start.resolve()), None
    try:
        return read_project(file), None
    except ProjectFileError as error:
        return Project(root=file.parent), error


def _nearest_file(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        file = folder / FILE_NAME
        if file.is_file():
            return file
        if (folder / ".git").exists():
            break
    return None


def read_project(path: Path) -> Project:
    """Read a project file. Raises ProjectFileError with file, line and the offending key."""
    file = TomlFile.read(path)
    tables = file.tables
    file.check(tables, _TOP)
    bots, dev = tables.get("bots", {}), tables.get("dev", {})
    file.check(dev, _DEV, "dev")
    return Project(
        root=path.parent,
        file=path,
        bots={name: _bot(file, name, table) for name, table in bots.items()},
        dev=_dev(file, dev),
        base_url=tables.get("base_url"),
    )


def _bot(file: TomlFile, name: str, table: Any) -> BotEntry:
    place = ("bots", name)
    if not isinstance(table, dict):
        raise file.error(place, f"[bots.{name}] must be a table", f"Write [bots.{name}].")
    try:
        values.bot_name(name)
    except ValueError as error:
        near = values.suggest_handle(name)
        raise file.error(place, str(error), f'Write [bots."{near}"].') from None
    file.check(table, _BOT, *place)
    reference = _KEY_REFERENCE.match(table.get("access_key", f"env:{DEFAULT_ACCESS_KEY_VARIABLE}"))
    if reference is None or _looks_like_a_key(reference[1]):
        raise file.error(
            (*place, "access_key"),
            "access_key must name the variable that holds the key, never the key itself",
            f'Write access_key = "env:{DEFAULT_ACCESS_KEY_VARIABLE}" and put the key into .env. '
            "If the file with the key was ever shared, create a new key.",
        )
    path, url, target = table.get("path", "/"), table.get("url"), table.get("target")
    deploy = table.get("deploy")
    placed = None if deploy is None else read_deploy_table(file, deploy, *place, "deploy")
    return BotEntry(name, path, url, reference[1], target, placed)


def _dev(file: TomlFile, dev: Mapping[str, Any]) -> DevTable:
    for name, mode in dev.get("bots", {}).items():
        if not isinstance(mode, str):
            handle, text = _as_one_key(name, mode)
            raise file.error(
                ("dev", "bots", name),
                "the name and the mode of a bot must be text in quotes",
                f'Write "{handle}" = "{text}".',
            )
    checked: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in dev.items()
    }
    return DevTable(**checked)


def _server_path(value: str) -> None:
    if not value.startswith("/"):
        raise ValueError(f"path must start with a slash, not {value!r}")


_TOP = {
    "bots": replace(TABLE, example="[bots.my-bot]"),
    "dev": replace(TABLE, example="[dev]"),
    "base_url": replace(
        TEXT, check=values.web_address, example='base_url = "http://127.0.0.1:8080"'
    ),
}
_BOT = {
    "path": replace(TEXT, check=_server_path, example='path = "/"'),
    "url": replace(TEXT, check=values.web_address, example='url = "https://my-bot.example.com/"'),
    "target": replace(TEXT, example='target = "main.py"'),
    "access_key": replace(TEXT, example=f'access_key = "env:{DEFAULT_ACCESS_KEY_VARIABLE}"'),
    "deploy": replace(TABLE, example='[bots.my-bot.deploy], and below it: to = "modal"'),
}
_DEV = {
    "target": replace(TEXT, example='target = "main.py"'),
    "host": replace(TEXT, example='host = "127.0.0.1"'),
    "port": replace(NUMBER, check=values.port, example="port = 8080"),
    "balance": replace(NUMBER, check=values.balance, example="balance = 100000"),
    "keep_days": replace(NUMBER, check=values.amount_kept, example="keep_days = 30"),
    "keep_megabytes": replace(NUMBER, check=values.amount_kept, example="keep_megabytes = 128"),
    "faults": replace(TEXTS, example='faults = ["cut"]'),
    "allow_hosts": replace(TEXTS, check=values.host_name, example='allow_hosts = ["api.poe.com"]'),
    "python": replace(TEXT, example='python = ".venv"'),
    "tunnel": replace(TEXT, example='tunnel = "cloudflared"'),
    "tunnel_url": replace(
        TEXT, check=values.web_address, example='tunnel_url = "https://my-bot.example.com"'
    ),
    "bots": replace(TABLE, example='[dev.bots], and below it: "GPT-3.5-Turbo" = "mock"'),
}


def _looks_like_a_key(name: str) -> bool:
    """Whether a key was pasted where the name of its variable belongs."""
    return len(name) == ACCESS_KEY_CHARACTERS.value and "_" not in name


def _as_one_key(name: str, mode: Any) -> tuple[str, str]:
    """What was meant by a handle with a period and no quotes, which TOML reads as tables."""
    while isinstance(mode, dict) and len(mode) == 1:
        ((rest, mode),) = mode.items()
        name = f"{name}.{rest}"
    return name, mode if isinstance(mode, str) else "mock"
