"""The steps of `poe doctor`, in the order in which one failure explains the next."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import Any

from poecli import __version__
from poecli.client.bot_query import Timeouts, ask_settings
from poecli.config.credentials import find_access_key, find_api_key
from poecli.config.paths import user_folders
from poecli.config.project import BotEntry, Project
from poecli.config.settings import Environment
from poecli.errors import KeyRefused, PoeCliError

# Poe asks for HTTPS; a bot on this machine is out of its reach anyway.
_USABLE = ("https://", "http://127.0.0.1", "http://localhost")
WRONG_KEY = "0" * 32  # has the form of an access key, and is none
DEFAULT_PORT = 8080
_PATIENCE = Timeouts(connect=10, first_event=30)


class Outcome(Enum):
    """What a step found."""

    OK = "ok"
    SKIPPED = "skipped"  # nothing to look at here
    NOTE = "note"  # worth knowing, stands in nobody's way
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One step's result; ``fix`` is what to type when it failed."""

    step: str
    outcome: Outcome
    says: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """step, outcome, says, fix."""
        return {
            "step": self.step,
            "outcome": self.outcome.value,
            "says": self.says,
            "fix": self.fix,
        }


@dataclass(frozen=True)
class Patient:
    """What the steps look at. The callables are what this part may not import.

    ``read_local_settings`` starts the project in a worker and gives each bot's settings by name;
    ``settings_drift`` gives the names of settings that differ from the last sync, None when there
    was none.
    """

    project: Project
    environment: Environment
    base_url: str
    broken_project: PoeCliError | None
    read_local_settings: Callable[[], Awaitable[Mapping[str, Mapping[str, Any]]]]
    settings_drift: Callable[[str, Mapping[str, Any]], Sequence[str] | None]


def ok(step: str, says: str) -> Finding:
    """A step that found nothing wrong."""
    return Finding(step, Outcome.OK, says)


def skipped(step: str, says: str) -> Finding:
    """A step with nothing to look at."""
    return Finding(step, Outcome.SKIPPED, says)


def failed(step: str, error: PoeCliError) -> Finding:
    """A step that ended with one of our errors."""
    says = " ".join(part for part in (error.message, error.why) if part)
    return Finding(step, Outcome.FAILED, says, error.hint)


def python(_: Patient) -> Finding:
    """The interpreter; pip would not have installed us on an older one."""
    return ok("python", f"Python {sys.version.split()[0]} at {sys.executable}")


def package(_: Patient) -> Finding:
    """Whether what we need is installed; pip warns of conflicts and goes on."""
    missing = []
    for requirement in metadata.requires("poecli") or ():
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement or "python_version" in requirement:
            continue
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            "package",
            Outcome.FAILED,
            f"Missing: {', '.join(missing)}.",
            f"{sys.executable} -m pip install --force-reinstall poecli",
        )
    return ok("package", f"poecli {__version__} at {Path(__file__).resolve().parent.parent}")


def which_poe(patient: Patient) -> Finding:
    """Which program `poe` starts: poethepoet has a script of the same name."""
    path = shutil.which("poe", path=patient.environment.process.get("PATH"))
    if path is None:
        return Finding(
            "which poe",
            Outcome.NOTE,
            "No `poe` on PATH; this one was started otherwise.",
            f"Put {Path(sys.executable).parent} on PATH, or type: python -m poecli",
        )
    if _is_poethepoet(Path(path)):
        return Finding(
            "which poe",
            Outcome.NOTE,
            f"`poe` is poethepoet here ({path}).",
            "Type poecli instead of poe: it is the same program as this one.",
        )
    return ok("which poe", path)


def _is_poethepoet(script: Path) -> bool:
    try:
        return b"poethepoet" in script.read_bytes()[:4096]
    except OSError:
        return False


def project_file(patient: Patient) -> Finding:
    """Whether poe.toml is there and can be read."""
    if patient.broken_project is not None:
        return failed("project file", patient.broken_project)
    file = patient.project.file
    if file is None:
        return skipped("project file", f"No poe.toml in {patient.project.root} or above.")
    return ok("project file", f"{file}: {', '.join(patient.project.bots) or 'no bot named'}")


async def bot_loads(patient: Patient) -> Finding:
    """Whether the project's bot can be loaded and answers `settings`."""
    if patient.project.file is None:
        return skipped("bot loads", "No project here.")
    try:
        await patient.read_local_settings()
    except PoeCliError as error:
        return failed("bot loads", error)
    return ok("bot loads", "It loads and answers its settings.")


def port(patient: Patient) -> Finding:
    """Whether `poe dev` could have its port."""
    number = patient.project.dev.port or DEFAULT_PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            return Finding(
                "port",
                Outcome.NOTE,
                f"Port {number} is taken ({error.strerror}), perhaps by a `poe dev`.",
                "poe dev --port 0 takes any free one.",
            )
    return ok("port", f"{number} is free")


def keys(patient: Patient) -> Finding:
    """Which keys are known. None is needed to work offline."""
    folder = user_folders(patient.environment.process).config
    api_key = find_api_key(patient.environment, folder)
    found = [f"API key from {api_key.source}"] if api_key else []
    for bot in patient.project.bots.values():
        access_key = find_access_key(patient.environment, bot.access_key_env)
        found += [f"access key of {bot.name} from {access_key.source}"] if access_key else []
    return ok("keys", "; ".join(found)) if found else skipped("keys", "No key is known.")


async def network(patient: Patient) -> Finding:
    """Whether Poe's host can be reached at all."""
    host = re.sub(r"^https?://|[/:].*$", "", patient.base_url)
    proxies = [
        name
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        if patient.environment.process.get(name)
    ]
    through = f" through the proxy of {proxies[0]}" if proxies else ""
    try:
        await ask_settings(patient.base_url, timeouts=Timeouts(connect=5, first_event=5))
    except PoeCliError as error:
        # Any answer over HTTP, also a refusal, proves that the host is reached.
        if error.id in ("not-reachable", "timed-out"):
            return Finding(
                "network",
                Outcome.NOTE,
                f"{host} can't be reached{through}. {error.why}".strip(),
                "Only bots on Poe and sync-settings need it; poe dev does not.",
            )
    return ok("network", f"{host} answers{through}")


def _deployed(patient: Patient) -> list[BotEntry]:
    return [bot for bot in patient.project.bots.values() if bot.url]


async def deployed_url(patient: Patient) -> Finding:
    """Whether each deployed bot answers `settings` at its HTTPS address."""
    bots = _deployed(patient)
    for bot in bots:
        if not (bot.url or "").startswith(_USABLE):
            return Finding(
                "deployed bot",
                Outcome.FAILED,
                f"The url of {bot.name} is not https://, which Poe asks for.",
                "Change url in poe.toml to the HTTPS address.",
            )
        key = find_access_key(patient.environment, bot.access_key_env)
        try:
            secret = key.value.reveal() if key else None
            await ask_settings(bot.url or "", secret, timeouts=_PATIENCE)
        except PoeCliError as error:
            return failed("deployed bot", error)
    if not bots:
        return skipped("deployed bot", "poe.toml names no url.")
    return ok("deployed bot", f"{', '.join(bot.name for bot in bots)}: settings answered")


async def wrong_key(patient: Patient) -> Finding:
    """Whether each deployed bot refuses a wrong key: without that anybody can use it."""
    bots = _deployed(patient)
    for bot in bots:
        try:
            await ask_settings(bot.url or "", WRONG_KEY, timeouts=_PATIENCE)
        except KeyRefused:
            continue
        except PoeCliError as error:
            return failed("wrong key", error)
        return Finding(
            "wrong key",
            Outcome.FAILED,
            f"{bot.name} answers a caller with a wrong access key: anybody can use it.",
            f"Set {bot.access_key_env} where it runs, and leave out allow_without_key=True.",
        )
    return ok("wrong key", "refused") if bots else skipped("wrong key", "Nothing is deployed.")


async def settings_in_step(patient: Patient) -> Finding:
    """Whether the bot's settings are those of the last sync."""
    names = list(patient.project.bots)
    if not names:
        return skipped("settings", "poe.toml names no bot.")
    try:
        settings = await patient.read_local_settings()
    except PoeCliError as error:
        return failed("settings", error)
    for name in names:
        if name not in settings:
            return skipped("settings", f"{name} is not among the bots here.")
        drift = patient.settings_drift(name, settings[name])
        if drift:
            return Finding(
                "settings",
                Outcome.FAILED,
                f"{name}: {', '.join(drift)} changed since the last sync.",
                f"poe sync-settings {name}",
            )
        if drift is None:
            return skipped("settings", f"{name} was never synced from here.")
    return ok("settings", "as they were synced last")


STEPS: tuple[Callable[[Patient], Finding | Awaitable[Finding]], ...] = (
    python,
    package,
    which_poe,
    project_file,
    bot_loads,
    port,
    keys,
    network,
    deployed_url,
    wrong_key,
    settings_in_step,
)


async def examine(patient: Patient, found: Callable[[Finding], None]) -> list[Finding]:
    """Take the steps in order, up to the first that failed; each is told as it is found."""
    findings: list[Finding] = []
    for step in STEPS:
        result = step(patient)
        finding = result if isinstance(result, Finding) else await result
        findings.append(finding)
        found(finding)
        if finding.outcome is Outcome.FAILED:
            break
    return findings
