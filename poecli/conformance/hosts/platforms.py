"""What fly.toml, Render's blueprint and Cloud Run's service.yaml allow an answer.

YAML is read by its lines: the few settings that count are numbers behind their names.
"""

from __future__ import annotations

import re
from pathlib import Path

from poecli.config.toml_tables import TomlFile
from poecli.conformance.hosts.image import GRACE
from poecli.conformance.hosts.modal_functions import ONE, TIMEOUT
from poecli.conformance.results import Finding
from poecli.protocol import limits

_SECONDS = limits.ANSWER_SECONDS.value
_FLY_DEFAULT, _FLY_MOST = 5, 300
_RENDER_DEFAULT, _RENDER_MOST = 30, 300
_CLOUD_RUN_DEFAULT = 300
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def look_at_fly(text: str, name: str) -> list[Finding]:
    """How long a machine may take to end. Raises ProjectFileError."""
    file = TomlFile(Path(name), text)
    given = file.tables.get("kill_timeout")
    seconds = _FLY_DEFAULT if given is None else _seconds(given)
    if seconds is None or seconds >= _FLY_MOST:
        return []
    place = f"{name}:1" if given is None else file.at("kill_timeout")
    return [Finding(GRACE, _ends("Fly", seconds, default=given is None), place=place)]


def look_at_render(text: str, name: str) -> list[Finding]:
    """How long each web service may take to end."""
    found = []
    for first, service in _services(text):
        if re.search(r"\b(runtime|env):\s*static\b", service):
            continue
        given = _number("maxShutdownDelaySeconds", service)
        seconds, line = given or (_RENDER_DEFAULT, 0)
        if seconds < _RENDER_MOST:
            detail = _ends("Render", seconds, default=given is None)
            found.append(Finding(GRACE, detail, place=f"{name}:{first + line}"))
    return found


def look_at_cloud_run(text: str, name: str) -> list[Finding]:
    """How long a request may take, and how many one container takes at a time."""
    found = []
    # Beside the list of containers: a probe has a setting of the same name.
    template = re.search(r"^( *)containers:", text, re.MULTILINE)
    depth = len(template[1]) if template else None
    given = _number("timeoutSeconds", text, depth)
    seconds, line = given or (_CLOUD_RUN_DEFAULT, 0)
    if seconds < _SECONDS:
        default = "" if given else ", its default"
        detail = f"Cloud Run ends an answer after {seconds} s{default}"
        found.append(Finding(TIMEOUT, detail, place=f"{name}:{line + 1}"))
    at_a_time, line = _number("containerConcurrency", text, depth) or (0, 0)
    if at_a_time == 1:
        detail = "each container of Cloud Run answers one user at a time"
        found.append(Finding(ONE, detail, place=f"{name}:{line + 1}"))
    return found


def _ends(host: str, seconds: float, *, default: bool) -> str:
    words = ", its default" if default else ""
    return f"{host} cuts running answers {seconds:g} s after SIGTERM{words}"


def _seconds(given: object) -> float | None:
    """Fly takes a number of seconds, or text such as "5m"."""
    if isinstance(given, (int, float)):
        return float(given)
    parts = re.findall(r"(\d+)(ms|s|m|h)", given) if isinstance(given, str) else []
    return sum(int(number) * _UNITS[unit] for number, unit in parts) if parts else None


def _services(text: str) -> list[tuple[int, str]]:
    """Each web service of a blueprint, with the line on which it begins."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if re.match(r"\s*- +\w+:", line)]
    depth = min((len(lines[n]) - len(lines[n].lstrip()) for n in starts), default=0)
    starts = [n for n in starts if len(lines[n]) - len(lines[n].lstrip()) == depth]
    parts = [
        (start + 1, "\n".join(lines[start:end]))
        for start, end in zip(starts, (*starts[1:], len(lines)), strict=True)
    ]
    return [part for part in parts if re.search(r"\btype:\s*web\b", part[1])]


def _number(name: str, text: str, depth: int | None = None) -> tuple[int, int] | None:
    """A setting of that depth, or of any, and its line, from 0; None where it is not there."""
    pattern = re.compile(rf"(\s*(?:- +)?){name}:\s*(\d+)\s*(?:#.*)?$")
    for number, line in enumerate(text.splitlines()):
        found = pattern.match(line)
        if found and depth in (None, len(found[1])):
            return int(found[2]), number
    return None
