"""One value from many places: flag > environment > .env > poe.toml > default.

Below this nobody reads the environment; every value keeps the place it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from dotenv.main import DotEnv
from dotenv.parser import parse_stream

from poecli.config import values
from poecli.config.network.proxies import proxy_variables
from poecli.errors import UsageError
from poecli.poe_pages import API_URL
from poecli.system_errors import unusable

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A value and where it came from, in words fit to be shown."""

    value: T
    source: str


@dataclass(frozen=True)
class Environment:
    """The process's environment over the project's ``.env``. An empty value counts as unset."""

    process: Mapping[str, str] = field(repr=False)
    dotenv: Mapping[str, str] = field(default_factory=dict, repr=False)

    def find(self, name: str) -> Setting[str] | None:
        """The variable, or None."""
        for variables, source in ((self.process, "environment"), (self.dotenv, ".env")):
            if variables.get(name):
                return Setting(variables[name], f"{name} ({source})")
        return None


def read_environment(process: Mapping[str, str], root: Path) -> Environment:
    """The process's environment with ``root/.env`` below it; a missing file is no error."""
    variables = read_dotenv(root)
    return Environment(process, {key: value for key, value in variables.items() if value})


def read_dotenv(root: Path) -> dict[str, str]:
    """What ``load_dotenv()`` would set from ``root/.env`` in this process.

    The environment is stronger, in ``${VARIABLE}`` too. Raises UsageError.
    """
    file = root / ".env"
    try:
        if file.is_dir():  # an environment of Python's by that name
            return {}
        if file.exists():
            _refuse_broken_lines(file)
        # dotenv_values() expands by another order: there the file is stronger.
        variables = DotEnv(file, override=False, encoding="utf-8-sig").dict()
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(file, "read", error) from error
    found = {key: value for key, value in variables.items() if value is not None}
    try:
        proxy_variables(found)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", why=error.why, hint=error.hint) from error
    return found


def _refuse_broken_lines(file: Path) -> None:
    """Raises UsageError for a line that sets nothing: a name without a value, or no name.

    python-dotenv passes over it; a bot whose key stands there then runs without one.
    """
    with file.open(encoding="utf-8-sig") as stream:
        for binding in parse_stream(stream):
            if binding.error or (binding.key is not None and binding.value is None):
                # The line itself may be a key.
                raise UsageError(
                    f"{file}:{binding.original.line} does not set a variable.",
                    why="Each line of .env must be NAME=value, or start with #.",
                    hint="Fix that line. Put a value with spaces or # in quotes.",
                )


@dataclass(frozen=True)
class SettingNames:
    """Where a value may come from, by name."""

    flag: str
    variable: str | None = None
    key: str | None = None  # in poe.toml


def settle(
    names: SettingNames,
    *,
    flag: T | None,
    environment: Environment,
    project: T | None = None,
    default: T,
    parse: Callable[[str], T],
) -> Setting[T]:
    """The strongest of the values given. ``parse`` reads a variable and may raise ValueError.

    Raises UsageError for a variable that can't be read.
    """
    if flag is not None:
        return Setting(flag, names.flag)
    found = environment.find(names.variable) if names.variable else None
    if found is not None:
        try:
            return Setting(parse(found.value), found.source)
        except ValueError as error:
            raise UsageError(
                f"{found.source} can't be used: {found.value!r}.",
                why=str(error),
                hint=f"Unset it, or pass {names.flag}.",
            ) from error
    if project is not None:
        return Setting(project, f"poe.toml, {names.key}")
    return Setting(default, "default")


def base_url(
    environment: Environment, flag: str | None = None, project: str | None = None
) -> Setting[str]:
    """The Poe to talk to, without a trailing slash or ``/v1``. Raises UsageError."""
    found = settle(
        SettingNames("--base-url", "POE_BASE_URL", "base_url"),
        flag=flag,
        environment=environment,
        project=project,
        default=API_URL,
        parse=str,
    )
    url = found.value.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    try:
        values.web_address(url)
    except ValueError as error:
        raise UsageError(
            f"{found.source} is not a web address.",
            why=f"{found.value.rpartition('@')[2]!r}: {error}.",
            hint=f"The default is {API_URL}.",
        ) from error
    return Setting(url, found.source)
