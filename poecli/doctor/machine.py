"""Steps about this machine: interpreter, package, the name on PATH, the port, the network."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from importlib import metadata
from pathlib import Path

from poecli import __version__
from poecli.client.address import BotAddress
from poecli.client.bot_query import Timeouts, ask_settings
from poecli.config.project import DEFAULT_HOST, DEFAULT_PORT
from poecli.config.python.interpreter import install_line
from poecli.doctor.context import DoctorContext
from poecli.errors import PoeCliError
from poecli.step_results import StepResult, failed, note, ok
from poecli.system_errors import reason_of

_PACKAGE = Path(__file__).resolve().parent.parent


async def python(_: DoctorContext) -> StepResult:
    """The interpreter; pip would not have installed us on an older one."""
    return ok(f"Python {sys.version.split()[0]} at {sys.executable}")


async def package(_: DoctorContext) -> StepResult:
    """Whether what we need is installed; pip warns of conflicts and goes on."""
    missing: dict[str, str] = {}
    for requirement in metadata.requires("poecli") or ():
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement or "python_version" in requirement:
            continue
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing[name] = requirement
    if missing:
        return failed(f"Missing: {', '.join(missing)}.", install_line(*missing.values()))
    return ok(f"poecli {__version__} at {_PACKAGE}")


async def which_poe(context: DoctorContext) -> StepResult:
    """Which program `poe` starts: poethepoet has a script of the same name."""
    path = shutil.which("poe", path=context.environment.process.get("PATH"))
    if path is None:
        return note(
            "There is no `poe` on PATH.",
            f"Put {Path(sys.executable).parent} on PATH, or type: python -m poecli",
        )
    if _is_poethepoet(Path(path)):
        return note(
            f"`poe` is poethepoet here ({path}).",
            "Use poecli instead of poe: it is the same program.",
        )
    return ok(path)


def _is_poethepoet(script: Path) -> bool:
    try:
        return b"poethepoet" in script.read_bytes()[:4096]
    except OSError:
        return False


async def port(context: DoctorContext) -> StepResult:
    """Whether `poe dev` could have its port."""
    number = context.project.dev.port or DEFAULT_PORT
    try:
        # As `poe dev` does: with SO_REUSEADDR Windows lets several programs have one port.
        socket.create_server((DEFAULT_HOST, number)).close()
    except OSError as error:
        return note(
            f"Port {number} can't be had: {reason_of(error)}.",
            "poe dev --port 0 uses any free port; another `poe dev` may have this one.",
        )
    return ok(f"{number} is free")


async def network(context: DoctorContext) -> StepResult:
    """Whether Poe's host can be reached at all."""
    host = re.sub(r"^https?://|[/:].*$", "", context.base_url)
    proxies = [
        name
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        if context.environment.process.get(name)
    ]
    through = f" through the proxy of {proxies[0]}" if proxies else ""
    try:
        poe = BotAddress.at(context.base_url)
        await ask_settings(poe, timeouts=Timeouts(connect=5, first_event=5))
    except PoeCliError as error:
        # Any answer over HTTP, also a refusal, proves that the host is reached.
        if error.id in ("not-reachable", "timed-out"):
            return note(
                f"{host} can't be reached{through}. {error.why}".strip(),
                "Only bots on Poe and sync-settings need it; poe dev does not.",
            )
    return ok(f"{host} answers{through}")
