"""How a bot is served in production: flags settled with the environment, .env and poe.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from poecli.config import values
from poecli.config.credentials import find_access_key
from poecli.config.project import DEFAULT_ACCESS_KEY_VARIABLE, DEFAULT_PORT, Project, find_project
from poecli.config.python.choice import interpreter_for
from poecli.config.python.interpreter import Interpreter
from poecli.config.settings import Environment, SettingNames, read_dotenv, read_environment, settle
from poecli.config.target import Target, entries_of
from poecli.hosting.process.messages import Serve

_MOST_DIGITS = 10
_PORT = SettingNames("--port", "PORT")
_WORKERS = SettingNames("--workers", "WEB_CONCURRENCY")
_PROXIES = SettingNames("--forwarded-allow-ips", "FORWARDED_ALLOW_IPS")
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a container the proxy comes from outside of it


@dataclass(frozen=True)
class ServeOptions:
    """``order`` is what each worker is told; ``drain_seconds`` is what answers get at the end."""

    order: Serve
    interpreter: Interpreter
    host: str
    port: int
    workers: int
    drain_seconds: float

    def order_with(self, shared: str) -> Serve:
        """The order for a worker that gets its socket in this way."""
        return replace(self.order, shared=shared)


@dataclass(frozen=True)
class ServeChoices:
    """What a person may choose; None where poe decides."""

    target: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    drain_seconds: float = 600.0
    proxies: str | None = None
    access_log: bool = True
    allow_without_key: bool = False
    python: str | None = None


def settle_serve(choices: ServeChoices, env: Mapping[str, str], cwd: Path) -> ServeOptions:
    """Flag > environment > .env > default. Raises UsageError and BotLoadError."""
    target = Target.parse(choices.target or ".", cwd)
    project = find_project(target.root)
    environment = read_environment(env, project.root)
    settled = partial(settle, environment=environment)
    port = settled(_PORT, flag=choices.port, default=DEFAULT_PORT, parse=_port)
    workers = settled(_WORKERS, flag=choices.workers, default=1, parse=_workers)
    proxies = settled(_PROXIES, flag=choices.proxies, default="*", parse=str)
    keys, key = _access_keys(target, project, environment)
    order = Serve(
        target=str(target),
        cwd=str(target.root),
        env=tuple(read_dotenv(project.root).items()),
        keys=keys,
        key=key,
        allow_without_key=choices.allow_without_key,
        proxies=proxies.value,
        access_log=choices.access_log,
    )
    return ServeOptions(
        order,
        interpreter_for(target, env, choices.python, cwd),
        host=choices.host or _EVERYWHERE,
        port=port.value,
        workers=workers.value,
        drain_seconds=choices.drain_seconds,
    )


def _access_keys(
    target: Target, project: Project, environment: Environment
) -> tuple[tuple[tuple[str, str], ...], str]:
    """Those of bots by their path, and that of any other; "" where there is none."""
    keys = tuple(
        (entry.path, found.value.reveal())
        for path in dict.fromkeys(entry.path for entry in project.bots.values())
        for entry in entries_of(target, path)
        if (found := find_access_key(environment, entry.access_key_env))
    )
    key = find_access_key(environment, DEFAULT_ACCESS_KEY_VARIABLE)
    return keys, key.value.reveal() if key else ""


def _port(text: str) -> int:
    return values.port(_whole_number(text))


def _workers(text: str) -> int:
    number = _whole_number(text)
    if number < 1:
        raise ValueError("it must be 1 or more")
    return number


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS):
        raise ValueError("it must be a whole number")
    return int(text)
