"""Flags settled with the environment, .env and poe.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from poecli.config.credentials import Secret, checked_access_key, find_access_key, find_api_key
from poecli.config.faults import parse_faults
from poecli.config.paths import user_folders
from poecli.config.project import (
    DEFAULT_ACCESS_KEY_VARIABLE,
    DEFAULT_HOST,
    DEFAULT_PORT,
    FILE_NAME,
    Project,
    find_project,
)
from poecli.config.python.choice import interpreter_for
from poecli.config.settings import Environment, SettingNames, base_url, read_environment, settle
from poecli.config.target import Target
from poecli.devserver.delivery import Rehearsal
from poecli.devserver.server import DevOptions
from poecli.emulator.bots.modes import Mode, check_mode, parse_flags, parse_mode
from poecli.emulator.platform import PlatformOptions
from poecli.emulator.state.costs import DEFAULT_BALANCE
from poecli.errors import UsageError
from poecli.local.flags import LocalFlags
from poecli.local.toml_edit import Place, Value, set_values
from poecli.turns.journal import STATE_FOLDER, Retention

_ANY_FREE_PORT = 0
_HOST = SettingNames("--host", key="[dev] host")
_PORT = SettingNames("--port", key="[dev] port")


@dataclass(frozen=True)
class LocalOptions:
    """How a project is served, how the local Poe beside it behaves, where chats are kept."""

    server: DevOptions
    platform: PlatformOptions
    data: Path


def settle_options(flags: LocalFlags, env: Mapping[str, str], cwd: Path) -> LocalOptions:
    """Flag > environment > .env > poe.toml > default. Raises UsageError and BotLoadError."""
    target = Target.parse(flags.target or ".", cwd)
    project = find_project(target.root)
    environment = read_environment(env, project.root)
    dev = project.dev
    settled = partial(settle, environment=environment)
    host = settled(_HOST, flag=flags.host, project=dev.host, default=DEFAULT_HOST, parse=str)
    # A script learns the port from the environment, and several may run at once.
    usual = DEFAULT_PORT if flags.execute is None else _ANY_FREE_PORT
    port = settled(_PORT, flag=flags.port, project=dev.port, default=usual, parse=int)
    with project.blamed_for("dev", "faults"):
        faults = parse_faults(project.dev.faults)
    faults = (*faults, *parse_faults(flags.fault))
    server = DevOptions(
        target=target,
        host=host.value,
        port=port.value,
        reload=flags.reload and flags.execute is None,
        reload_with=flags.reload_with,
        access_key=_access_key(flags, environment),
        access_key_is_flag=flags.access_key is not None,
        debug=flags.debug,
        allow_hosts=dev.allow_hosts,
        examine_all=flags.execute is not None or flags.examine_all,
        interpreter=interpreter_for(target, env, flags.python, cwd),
        rehearsal=Rehearsal(faults, flags.seed),
    )
    platform = _platform(flags, project, environment, env)
    return LocalOptions(server, replace(platform, faults=faults), user_folders(env).data)


def save_flags(flags: LocalFlags, options: LocalOptions) -> Path:
    """Write what the flags set into poe.toml, for every later start. Raises UsageError."""
    faults = {fault.name: str(fault) for fault in options.platform.faults}
    dev = {
        "host": flags.host,
        "port": flags.port,
        "balance": flags.balance,
        "faults": tuple(faults.values()) if flags.fault else None,
    }
    values: dict[Place, Value] = {
        ("dev", name): value for name, value in dev.items() if value is not None
    }
    for bot, mode in parse_flags(flags.bot).items():
        values["dev", "bots", bot] = str(mode)
    if not values:
        raise UsageError(
            "--save has nothing to write.", hint="poe dev --bot NAME=MODE --fault NAME --save"
        )
    root = options.platform.root
    file = find_project(root).file or root / FILE_NAME
    set_values(file, values)
    return file


def _platform(
    flags: LocalFlags, project: Project, environment: Environment, env: Mapping[str, str]
) -> PlatformOptions:
    api_key = find_api_key(environment, user_folders(env).config)
    found = {
        entry.name: find_access_key(environment, entry.access_key_env)
        for entry in project.bots.values()
    }
    balance = flags.balance if flags.balance is not None else project.dev.balance
    return PlatformOptions(
        state=project.root / STATE_FOLDER,
        root=project.root,
        bots=_modes(flags, project),
        seed=flags.seed,
        balance=DEFAULT_BALANCE if balance is None else balance,
        keep=Retention.of(project.dev.keep_days, project.dev.keep_megabytes),
        api_key=api_key.value if api_key else None,
        access_keys={name: key.value for name, key in found.items() if key is not None},
        base_url=base_url(environment, project=project.base_url).value,
    )


def _modes(flags: LocalFlags, project: Project) -> dict[str, Mode]:
    """What answers for each bot, the files of each mode there. Raises UsageError, BotLoadError."""
    modes: dict[str, Mode] = {}
    for bot, text in project.dev.bots.items():
        with project.blamed_for("dev", "bots", bot):
            modes[bot] = parse_mode(text, bot=bot)
            if not any(flag.startswith(f"{bot}=") for flag in flags.bot):
                check_mode(modes[bot], bot, project.root)
    for bot, mode in parse_flags(flags.bot).items():
        check_mode(mode, bot, project.root)
        modes[bot] = mode
    return modes


def _access_key(flags: LocalFlags, environment: Environment) -> Secret | None:
    if flags.access_key is not None:
        return checked_access_key(flags.access_key, source="--access-key")
    found = find_access_key(environment, DEFAULT_ACCESS_KEY_VARIABLE)
    return found.value if found else None
