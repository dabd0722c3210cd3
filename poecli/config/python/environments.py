"""Where a project's environments are, by the files and variables of the tools that keep them.

None of these tools is run. What each of them documents stands at its function.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poecli.config.paths import home_folder, typed_path
from poecli.config.requirements import named_pythons
from poecli.config.toml_tables import table_in, tables_of_a_tool
from poecli.source.folders import up_to_the_repository

BIN = "Scripts" if os.name == "nt" else "bin"
EXE = "python.exe" if os.name == "nt" else "python"


def executable_of(value: str, root: Path, env: Mapping[str, str]) -> Path | None:
    """The Python that a person means by a program, an environment's folder or a version."""
    path = Path(os.path.abspath(root / typed_path(value)))  # noqa: PTH100 - no link is followed
    if path.is_dir():
        return python_in(path)
    if path.is_file():
        return path
    name = f"python{value}" if re.fullmatch(r"3(\.\d+)?", value) else value
    found = shutil.which(name, path=env.get("PATH"))
    # A shim of pyenv's runs only where pyenv has been told to use that version.
    if found is not None and Path(found).parent.name != "shims":
        return Path(found)
    return next(filter(None, map(python_in, _pyenv(value, env))), None)


def candidates(root: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The Pythons that may be a project's, the likeliest first, and where each was found."""
    seen: set[Path] = set()
    for prefix, source in (*_active(env), *_of_the_project(root, env)):
        executable = python_in(prefix) if prefix.is_dir() else None
        if executable is not None and prefix.resolve() not in seen:
            seen.add(prefix.resolve())
            yield executable, source


def python_in(prefix: Path) -> Path | None:
    """The Python of an environment's folder; conda's on Windows has it at the top."""
    places = (prefix / BIN / EXE, prefix / BIN / "python3", prefix / EXE)
    return next((place for place in places if place.is_file()), None)


def _active(env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if env.get("VIRTUAL_ENV"):
        yield Path(env["VIRTUAL_ENV"]), "the active environment"
    # conda's base is active in every shell of its users, and no bot's.
    if env.get("CONDA_PREFIX") and env.get("CONDA_DEFAULT_ENV") != "base":
        yield Path(env["CONDA_PREFIX"]), "the active conda environment"


def _of_the_project(root: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for folder in up_to_the_repository(root):
        if env.get("UV_PROJECT_ENVIRONMENT") and (folder / "pyproject.toml").is_file():
            yield folder / env["UV_PROJECT_ENVIRONMENT"], "UV_PROJECT_ENVIRONMENT"
        for name in (".venv", "venv", ".conda"):  # the last one is VS Code's, for conda
            yield folder / name, _shown(folder / name, root)
        if pdm := _text(folder / ".pdm-python"):
            yield Path(pdm).parent.parent, f"{_shown(folder, root)}/.pdm-python"
        yield from ((place, "poetry's") for place in _poetry(folder, env))
        yield from ((place, "conda's, environment.yml") for place in _conda(folder))
        for name in named_pythons(folder):
            yield from ((place, "pyenv's, .python-version") for place in _pyenv(name, env))


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# --- poetry: https://python-poetry.org/docs/configuration/ ---


def _poetry(folder: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """As poetry names its environments: poetry.utils.env.EnvManager.generate_env_name."""
    tables = tables_of_a_tool(folder / "pyproject.toml")
    tool = table_in(tables, "tool", "poetry")
    name = tool.get("name") or table_in(tables, "project").get("name")
    if not name or not (tool or (folder / "poetry.lock").is_file()):
        return
    short = re.sub(r'[ $`!*@"\\\r\n\t]', "_", str(name).lower())[:42]
    path = os.path.normcase(os.path.realpath(folder))
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.encode()).digest()).decode()[:8]
    for base in _poetry_folders(folder, env):
        # What `poetry env use` chose among several.
        chosen = table_in(tables_of_a_tool(base / "envs.toml"), f"{short}-{digest}").get("minor")
        if chosen:
            yield base / f"{short}-{digest}-py{chosen}"
        yield from sorted(base.glob(f"{short}-{digest}-py*"), reverse=True)


def _poetry_folders(folder: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """Where its environments may be: by variable, the project's poetry.toml, the user's, default.

    https://python-poetry.org/docs/configuration/#virtualenvspath
    """
    home = Path(env.get("HOME") or home_folder())
    settings = [tables_of_a_tool(folder / "poetry.toml")]
    settings += [tables_of_a_tool(place / "config.toml") for place in _poetry_config(home, env)]
    cache = env.get("POETRY_CACHE_DIR") or _first(settings, "cache-dir")
    caches = [Path(cache)] if cache else list(_poetry_caches(home, env))
    path = env.get("POETRY_VIRTUALENVS_PATH") or _first(settings, "virtualenvs", "path")
    for each in caches:
        places = {"{cache-dir}": str(each), "{project-dir}": str(folder)}
        named = path or "{cache-dir}/virtualenvs"
        for placeholder, value in places.items():
            named = named.replace(placeholder, value)
        yield folder / typed_path(named)


def _first(settings: list[dict[str, Any]], *keys: str) -> str | None:
    *above, last = keys
    found = (table_in(tables, *above).get(last) for tables in settings)
    return next((value for value in found if isinstance(value, str) and value), None)


def _poetry_config(home: Path, env: Mapping[str, str]) -> Iterator[Path]:
    if path := env.get("POETRY_CONFIG_DIR"):
        yield Path(path)
    yield Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pypoetry"
    yield home / "Library" / "Application Support" / "pypoetry"
    if path := env.get("APPDATA"):
        yield Path(path) / "pypoetry"


def _poetry_caches(home: Path, env: Mapping[str, str]) -> Iterator[Path]:
    yield Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "pypoetry"
    yield home / "Library" / "Caches" / "pypoetry"
    if path := env.get("LOCALAPPDATA"):
        yield Path(path) / "pypoetry" / "Cache"


# --- conda ---


def _conda(folder: Path) -> Iterator[Path]:
    """The environment that environment.yml names, among those in conda's list of all."""
    text = _text(folder / "environment.yml") or _text(folder / "environment.yaml") or ""
    name = re.search(r"^name:\s*[\"']?([\w.-]+)", text, re.MULTILINE)
    known = _text(home_folder() / ".conda" / "environments.txt") or ""
    if name:
        yield from (Path(line) for line in known.splitlines() if Path(line).name == name[1])


# --- pyenv ---


def _pyenv(name: str, env: Mapping[str, str]) -> Iterator[Path]:
    """The environment of that name, or the newest release of a version such as 3.12."""
    versions = Path(env.get("PYENV_ROOT") or home_folder() / ".pyenv") / "versions"
    yield versions / name
    if re.fullmatch(r"3(\.\d+)?", name):
        releases = [each for each in versions.glob(f"{name}.*") if _release(each)]
        yield from sorted(releases, key=_release, reverse=True)


def _release(prefix: Path) -> tuple[int, ...]:
    """The parts of a folder's name that is a release; () for any other."""
    is_release = re.fullmatch(r"\d+(\.\d+)*", prefix.name)
    return tuple(map(int, prefix.name.split("."))) if is_release else ()
