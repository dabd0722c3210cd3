"""What a project asks for: requirements files, pyproject.toml, locks, .python-version, images.

A Python is asked for as the package ``python``.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poecli.config.toml_tables import table_in, tables_of_a_tool
from poecli.source.python_file import PythonFile, literal_text

PYTHON = "python"
_LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PYTHON_VERSION = ".python-version"
_A_PYTHON = re.compile(r"(?:cpython-?)?(3\.\d+)(?![\d.]*[a-z])")
_CLAUSE = re.compile(r"(===?|~=|!=|<=|>=|<|>)\s*([\d.]*\d)(\.\*)?")


@dataclass(frozen=True)
class Requirement:
    """A line as pip reads it, ``name[extra]>=1.0``, and the file it is in."""

    file: Path
    text: str

    def is_for(self, *names: str) -> bool:
        """Whether it asks for the package of one of these names."""
        return package_name(self.text) in map(package_name, names)

    def allows(self, version: str) -> bool:
        """Whether a version is one of those asked for; what is no release counts as one."""
        asked = self.text.partition(";")[0]
        return all(_holds(version, *clause) for clause in _CLAUSE.findall(asked))


def requirements(root: Path, bot_file: Path | None = None) -> Iterator[Requirement]:
    """Every requirement written down in a project's folder, what says most first.

    What can't be read, or is not what its name says, asks for nothing.
    """
    for name in _LOCK_FILES:
        packages = tables_of_a_tool(root / name).get("package")
        for package in packages if isinstance(packages, list) else ():
            if isinstance(package, dict) and {"name", "version"} <= package.keys():
                yield Requirement(root / name, f"{package['name']}=={package['version']}")
    for file in sorted(root.glob("requirements*.txt")):
        with contextlib.suppress(OSError):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                yield Requirement(file, line.partition("#")[0].strip())
    yield from _of_pyproject(root / "pyproject.toml")
    for name in named_pythons(root):
        if version := _A_PYTHON.match(name):
            yield Requirement(root / _PYTHON_VERSION, f"{PYTHON}=={version[1]}.*")
    if bot_file is not None:
        # Bots for Modal list their packages in the file itself: Image.pip_install("name==1.0").
        with contextlib.suppress(OSError):
            for node in PythonFile.read(bot_file).all(ast.Constant):
                yield Requirement(bot_file, literal_text(node) or "")


def named_pythons(folder: Path) -> list[str]:
    """What .python-version names, a version or an environment each; pyenv and uv read it.

    https://github.com/pyenv/pyenv/blob/master/COMMANDS.md#pyenv-local
    """
    try:
        text = (folder / _PYTHON_VERSION).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return [word for line in text.splitlines() for word in line.partition("#")[0].split()]


def _of_pyproject(file: Path) -> Iterator[Requirement]:
    """The strings of every list, whatever the tool calls it, and poetry's table."""
    tables = tables_of_a_tool(file)
    if python := table_in(tables, "project").get("requires-python"):
        yield Requirement(file, f"{PYTHON}{python}")
    for text in _listed(tables):
        yield Requirement(file, text)
    for name, asked in table_in(tables, "tool", "poetry", "dependencies").items():
        version = str(asked.get("version", "") if isinstance(asked, dict) else asked)
        # ^0.0.36 allows nothing but that; https://python-poetry.org/docs/dependency-specification/
        if version[:1].isdigit() or version.startswith("^0.0."):
            version = f"=={version.lstrip('^')}"
        yield Requirement(file, name + version.replace("^", ">="))


def _listed(value: Any, *, in_list: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _listed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _listed(inner, in_list=True)
    elif isinstance(value, str) and in_list:
        yield value


def package_name(text: str) -> str:
    """The package that a requirement asks for, as PEP 503 compares names; "" for none."""
    name = _NAME.match(text.strip())
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


def _holds(version: str, operator: str, asked: str, any_after: str) -> bool:
    """One clause of PEP 440, for releases."""
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        return True
    ours, theirs = ([int(part) for part in text.split(".")] for text in (version, asked))
    if any_after:
        ours = ours[: len(theirs)]
    if operator == "~=":
        return ours >= theirs and ours[: len(theirs) - 1] == theirs[:-1]
    return {
        "==": ours == theirs,
        "===": ours == theirs,
        "!=": ours != theirs,
        "<": ours < theirs,
        "<=": ours <= theirs,
        ">": ours > theirs,
        ">=": ours >= theirs,
    }[operator]
