"""Find and read ``poe.toml``, the project file.

    [bots.my-bot]                        # the bot's handle on Poe
    path = "/"                           # where it is served, when there are several
    url = "https://…"                    # where it is deployed
    access_key = "env:POE_ACCESS_KEY"    # never the key itself: the file belongs in git

    [dev]
    target = "main.py"                   # a folder, a file or module:attribute
    port = 8080

    [dev.bots]
    "GPT-3.5-Turbo" = "mock"             # what answers when the bot calls this one

The table is `poe.toml`'s own; ``[tool.poe]`` of pyproject.toml belongs to poethepoet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poecli.config import values
from poecli.config.toml_tables import read_tables
from poecli.errors import ProjectFileError, UsageError
from poecli.protocol.limits import ACCESS_KEY_CHARACTERS
from poecli.suggestions import did_you_mean

FILE_NAME = "poe.toml"
DEFAULT_ACCESS_KEY_VARIABLE = "POE_ACCESS_KEY"
_KEY_REFERENCE = re.compile(r"^env:([A-Za-z_][A-Za-z0-9_]*)$")


@dataclass(frozen=True)
class BotEntry:
    """A bot of the project. ``access_key_env`` names the variable that holds its access key."""

    name: str
    path: str = "/"
    url: str | None = None
    access_key_env: str = DEFAULT_ACCESS_KEY_VARIABLE


@dataclass(frozen=True)
class DevTable:
    """The ``[dev]`` table; None where the file says nothing."""

    target: str | None = None
    host: str | None = None
    port: int | None = None
    balance: int | None = None  # milli-cents of a US dollar, as in cost requests
    faults: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    bots: Mapping[str, str] = field(default_factory=dict)  # handle -> mode of the upstream bot


@dataclass(frozen=True)
class Project:
    """What ``poe.toml`` says. ``file`` is None for a folder without one."""

    root: Path
    file: Path | None = None
    bots: Mapping[str, BotEntry] = field(default_factory=dict)
    dev: DevTable = field(default_factory=DevTable)
    base_url: str | None = None

    @contextmanager
    def blamed_for(self, *path: str) -> Iterator[None]:
        """Names file and line in a UsageError about the value at this path of the file."""
        try:
            yield
        except UsageError as error:
            if self.file is None:
                raise
            *place, key = path
            line = _line_of(self.file.read_text(encoding="utf-8-sig"), tuple(place), key)
            where = f"{self.file}:{line}" if line else str(self.file)
            raise ProjectFileError(
                f"{where}: {error.message}", why=error.why, hint=error.hint, detail=error.detail
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


def read_project(file: Path) -> Project:
    """Read a project file. Raises ProjectFileError with file, line and the offending key."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectFileError(f"{file} can't be read.", why=str(error)) from error
    try:
        tables = read_tables(text)
    except ValueError as error:
        raise _not_toml(file, text, error) from error
    return _Reader(file, text).project(tables)


def _not_toml(file: Path, text: str, error: Exception) -> ProjectFileError:
    # The standard library tells the place only inside its message, or "at end of document".
    place = re.search(r"\(at line (\d+), column \d+\)", str(error))
    where = f"{file}:{place[1] if place else len(text.splitlines())}"
    return ProjectFileError(
        f"{where} is not valid TOML.",
        why=str(error),
        hint='Put text in quotes: name = "value". See https://toml.io.',
    )


_DEV_TYPES: dict[str, type[Any]] = {
    "target": str,
    "host": str,
    "port": int,
    "balance": int,
    "faults": list,
    "allow_hosts": list,
    "bots": dict,
}
_BOT_TYPES: dict[str, type[Any]] = {"path": str, "url": str, "access_key": str}
_TOP_TYPES: dict[str, type[Any]] = {"bots": dict, "dev": dict, "base_url": str}
# What to type in place of a value that can't be used, by table and key.
_EXAMPLES = {
    "base_url": 'base_url = "http://127.0.0.1:8080"',
    "bots": "[bots.my-bot]",
    "bots.path": 'path = "/"',
    "bots.url": 'url = "https://my-bot.example.com/"',
    "dev": "[dev]",
    "dev.target": 'target = "main.py"',
    "dev.host": 'host = "127.0.0.1"',
    "dev.port": "port = 8080",
    "dev.balance": "balance = 100000",
    "dev.faults": 'faults = ["cut"]',
    "dev.allow_hosts": 'allow_hosts = ["api.poe.com"]',
    "dev.bots": '[dev.bots], and below it: "GPT-3.5-Turbo" = "mock"',
}
# What a value of the right type must be besides; a list's items are looked at one by one.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "base_url": values.web_address,
    "bots.url": values.web_address,
    "dev.port": values.port,
    "dev.balance": values.balance,
    "dev.allow_hosts": values.host_name,
}
_TYPE_NAMES = {str: "text in quotes", int: "a number", list: "a list", dict: "a table"}


class _Reader:
    """Checks one file's tables and names the line of what is wrong."""

    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._text = text

    def project(self, tables: Mapping[str, Any]) -> Project:
        self._check(tables, _TOP_TYPES, ())
        bots = tables.get("bots", {})
        dev = tables.get("dev", {})
        self._check(dev, _DEV_TYPES, ("dev",))
        return Project(
            root=self._file.parent,
            file=self._file,
            bots={name: self._bot(name, bots) for name in bots},
            dev=self._dev(dev),
            base_url=tables.get("base_url"),
        )

    def _bot(self, name: str, bots: Mapping[str, Any]) -> BotEntry:
        table = bots[name]
        if not isinstance(table, dict):
            raise self._error(
                ("bots",), name, f"[bots.{name}] must be a table", hint=f"Write [bots.{name}]."
            )
        try:
            values.bot_name(name)
        except ValueError as error:
            raise self._error(("bots",), name, str(error), hint="Write [bots.my-bot].") from None
        place = ("bots", name)
        self._check(table, _BOT_TYPES, place)
        path = table.get("path", "/")
        if not path.startswith("/"):
            raise self._error(place, "path", f"path must start with a slash, not {path!r}")
        return BotEntry(name, path, table.get("url"), self._key_variable(place, table))

    def _key_variable(self, place: tuple[str, ...], table: Mapping[str, Any]) -> str:
        reference = _KEY_REFERENCE.match(
            table.get("access_key", f"env:{DEFAULT_ACCESS_KEY_VARIABLE}")
        )
        if reference is None or _looks_like_a_key(reference[1]):
            raise self._error(
                place,
                "access_key",
                "access_key must name the variable that holds the key, never the key itself",
                hint=f'Write access_key = "env:{DEFAULT_ACCESS_KEY_VARIABLE}" and put the key '
                "into .env. If the file with the key in it was ever shared, make a new key.",
            )
        return reference[1]

    def _dev(self, dev: Mapping[str, Any]) -> DevTable:
        for key in ("faults", "allow_hosts"):
            if any(not isinstance(item, str) for item in dev.get(key, ())):
                raise self._error(("dev",), key, f"{key} must be a list of text in quotes")
        for name, mode in dev.get("bots", {}).items():
            if not isinstance(mode, str):
                handle, text = _as_one_key(name, mode)
                raise self._error(
                    ("dev", "bots"),
                    name,
                    "the name and the mode of a bot must be text in quotes",
                    hint=f'Write "{handle}" = "{text}".',
                )
        checked: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in dev.items()
        }
        return DevTable(**checked)

    def _check(
        self, table: Mapping[str, Any], types: Mapping[str, type[Any]], place: tuple[str, ...]
    ) -> None:
        for key, value in table.items():
            if key not in types:
                raise self._error(place, key, f"unknown key {key!r}", hint=did_you_mean(key, types))
            # bool is an int to Python, and no number to an author.
            if not isinstance(value, types[key]) or isinstance(value, bool):
                raise self._error(place, key, f"{key} must be {_TYPE_NAMES[types[key]]}")
        for key, value in table.items():
            self._check_value(place, key, value)

    def _check_value(self, place: tuple[str, ...], key: str, value: Any) -> None:
        check = _CHECKS.get(f"{place[0]}.{key}" if place else key)
        try:
            for item in value if isinstance(value, list) else [value]:
                if check is not None and isinstance(item, (int, str)):
                    check(item)
        except ValueError as error:
            what = str(error)
            raise self._error(
                place, key, what if key in what else f"{key} can't be used: {what}"
            ) from None

    def _error(
        self, place: tuple[str, ...], key: str, what: str, hint: str = ""
    ) -> ProjectFileError:
        line = _line_of(self._text, place, key)
        where = f"{self._file}:{line}" if line else str(self._file)
        table = f"[{'.'.join(place)}]" if place else ""
        example = _EXAMPLES.get(f"{place[0]}.{key}" if place else key)
        if not hint and example:
            hint = f"Write {example}."
        why = f"It stands in {table}." if table else "It stands at the top level of the file."
        return ProjectFileError(f"{where}: {what}.", why=why, hint=hint)


def _looks_like_a_key(name: str) -> bool:
    """Whether a key was pasted where the name of its variable belongs."""
    return len(name) == ACCESS_KEY_CHARACTERS.value and "_" not in name


def _as_one_key(name: str, mode: Any) -> tuple[str, str]:
    """What was meant by a handle with a period and no quotes, which TOML reads as tables."""
    while isinstance(mode, dict) and len(mode) == 1:
        ((rest, mode),) = mode.items()
        name = f"{name}.{rest}"
    return name, mode if isinstance(mode, str) else "mock"


def _line_of(text: str, place: tuple[str, ...], key: str) -> int | None:
    """The line where a key is set, as far as a look at the text can tell."""
    wanted = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[=.]""")
    header = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
    current: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := header.match(line):
            current = tuple(part.strip(" \"'") for part in found[1].split("."))
            if current[: len(place) + 1] == (*place, key):
                return number
        elif current == place and wanted.match(line):
            return number
    return None
