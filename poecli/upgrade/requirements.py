"""Requirements brought to versions that exist together, each on its own line.

A requirement stays as long as it allows a version that works beside the others: what fastapi_poe
0.0.83 asks for (its METADATA), and what these ask for. Tried with uv's resolver, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from poecli.config.requirements import Requirement, package_name
from poecli.upgrade.outcome import Edit, Note

RULE = "requirements"
OLD_PDF = "PyPDF2"
_NEW_PDF = "pypdf"


@dataclass(frozen=True)
class _Package:
    """The oldest version that works, and the requirement to write: ``==`` for what is pinned."""

    oldest: str
    asked: str


_PACKAGES = {
    "fastapi-poe": _Package("0.0.83", "==0.0.83"),
    "modal": _Package("1.0.0", "==1.6.4"),
    "pydantic": _Package("2.0.1", ">=2.9"),
    "fastapi": _Package("0.115.3", ">=0.115.3"),
    "starlette": _Package("0.41.3", ">=0.41.3"),
    "sse-starlette": _Package("2.2.1", ">=2.2.1"),
    "anyio": _Package("4.7.0", ">=4.7.0"),
    "typing-extensions": _Package("4.8.0", ">=4.8.0"),
}
# https://packaging.python.org/en/latest/specifications/dependency-specifiers/
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\s*\[[^\]]*\])?"
    r"(?P<asked>\s*(?:[~=!<>]=?=?\s*[\w.*+!-]+\s*,?\s*)*)(?P<rest>(?:;.*)?)"
)
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_AFTER = re.compile(r"(?:\s+#.*|\s*--hash.*|\s*\\)?\s*$", re.DOTALL)
_IN_TOML = re.compile(r"""(?P<quote>["'])(?P<text>[A-Za-z0-9][^"'\n]*)(?P=quote)""")
_POETRY = re.compile(r"""(\s*)["']?([A-Za-z0-9][\w.-]*)["']?(\s*=\s*)(["'])([^"'\n]*)\4""")


def upgraded_requirement(text: str, *, keeps_pypdf2: bool = False) -> str:
    """The requirement as it has to be; itself if it may stay so, or is none that we know."""
    found = _REQUIREMENT.fullmatch(text.strip())
    if found is None:
        return text
    name, asked = found["name"], found["asked"].strip()
    if package_name(name) == OLD_PDF.lower():
        if keeps_pypdf2:
            return text
        return text.replace(name, _NEW_PDF, 1).replace(asked, "==7.1.1" if _is_pin(asked) else "")
    package = _PACKAGES.get(package_name(name))
    if package is None or not asked or _allows(f"{name}{asked}", package.oldest):
        return text
    new = package.asked if _is_pin(asked) else package.asked.replace("==", ">=")
    return text.replace(asked, new, 1)


def _is_pin(asked: str) -> bool:
    return asked.startswith("==") and "*" not in asked and "," not in asked


def _allows(requirement: str, oldest: str) -> bool:
    """Whether it takes a version that is not older."""
    candidates = {oldest, "9999", *_VERSION.findall(requirement)}
    asked = Requirement(Path(), requirement)
    return any(asked.allows(each) for each in candidates if _numbers(each) >= _numbers(oldest))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def is_requirements_file(file: Path) -> bool:
    """requirements.txt and its like, and pyproject.toml."""
    return file.name == "pyproject.toml" or (
        file.name.startswith("requirements") and file.suffix in {".txt", ".in"}
    )


def upgrade_requirements(
    text: str, file: Path, *, keeps_pypdf2: bool
) -> tuple[str, list[Edit], list[Note]]:
    """The new text of a file of requirements."""
    change = _in_toml if file.name == "pyproject.toml" else _in_a_line
    upgraded = partial(upgraded_requirement, keeps_pypdf2=keeps_pypdf2)
    then = _LOCKS if _has_lock(file) else ""
    lines, edits, notes = [], [], []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        new = change(line, upgraded)
        if new != line and "--hash" in line:
            notes.append(
                Note(RULE, number, "is pinned by its hash: lock it anew for " + new.split()[0])
            )
            new = line
        if new != line:
            edits.append(Edit(RULE, number, then))
        lines.append(new)
    return "".join(lines), edits, notes


_LOCKS = "Then lock the project anew."


def _has_lock(file: Path) -> bool:
    return any((file.parent / name).exists() for name in ("uv.lock", "poetry.lock", "pdm.lock"))


def _in_a_line(line: str, change: Callable[[str], str]) -> str:
    """Of a requirements file: https://pip.pypa.io/en/stable/reference/requirements-file-format/."""
    comment = _AFTER.search(line)
    end = comment.start() if comment else len(line)
    return change(line[:end]) + line[end:]


def _in_toml(line: str, change: Callable[[str], str]) -> str:
    """A quoted requirement in a list, or a name with its version in a table of poetry's."""
    if found := _POETRY.match(line):
        return _in_poetry(line, found, change)
    return _IN_TOML.sub(
        lambda found: f"{found['quote']}{change(found['text'])}{found['quote']}", line
    )


def _in_poetry(line: str, found: re.Match[str], change: Callable[[str], str]) -> str:
    """``fastapi-poe = "^0.0.36"``: https://python-poetry.org/docs/dependency-specification/."""
    name, asked = str(found[2]), str(found[5])
    version = asked.lstrip("^~=")
    if package_name(name) not in _PACKAGES or not _VERSION.fullmatch(version):
        return line
    pinned = (
        change(f"{name}=={version}")
        if not asked.startswith("^")
        else change(f"{name}>={version},<{_next(version)}")
    )
    if pinned == f"{name}=={version}" or "," in pinned:
        return line
    sign = asked[: len(asked) - len(version)]
    new = _PACKAGES[package_name(name)].asked.lstrip("=>")
    return f"{line[: found.start(5)]}{sign}{new}{line[found.end(5) :]}"


def _next(version: str) -> str:
    """What ``^version`` does not allow any more: the next of its first number that is not 0."""
    numbers = _numbers(version)
    place = next((n for n, each in enumerate(numbers) if each), len(numbers) - 1)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1]))
