"""Which Python a bot runs on: that of its project, whatever Python poe itself is installed in.

In this order: --python, ``[dev] python`` of poe.toml, the active environment, an environment in the
project's folder or above, the one that uv, pdm, poetry, conda or pyenv keeps elsewhere for it, and
poe's own. Where one is comes from files and variables; none of these tools is run. One that was
not named, and has no fastapi_poe, is passed over with a sentence.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from poecli.config.project import Project
from poecli.config.requirements import Requirement
from poecli.config.toml_tables import table_in, tables_of_a_tool
from poecli.errors import UsageError

OLDEST = (3, 10)  # that poecli itself runs on
OWN = "poe's own"
_SDK = "fastapi_poe"
_PROBE_SECONDS = 20
_PROBE = f"""
import json, sys, sysconfig
sys.path[:] = [p for p in sys.path if p]
from importlib import metadata
try:
    sdk = metadata.version("{_SDK}")
except metadata.PackageNotFoundError:
    sdk = None
paths = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
print(json.dumps([sys.version.split()[0], sys.prefix, paths, sdk]))
"""
_BIN = "Scripts" if os.name == "nt" else "bin"
_EXE = "python.exe" if os.name == "nt" else "python"


@dataclass(frozen=True)
class Interpreter:
    """A Python that a bot can run on.

    ``source`` says where it was found, ``sdk`` is its version of fastapi_poe, ``packages`` are its
    folders of packages, and ``notes`` sentences on those that were passed over for it.
    """

    executable: Path
    source: str
    version: str
    prefix: Path
    packages: tuple[Path, ...]
    sdk: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether it is the one that runs poe."""
        return self.source == OWN

    def __str__(self) -> str:
        return f"Python {self.version} ({self.source}), fastapi_poe {self.sdk}"

    def against(self, asked: Iterable[Requirement]) -> Interpreter:
        """With a note when its fastapi_poe is not the one that the project asks for."""
        for each in asked:
            if self.sdk and each.is_for(_SDK) and not each.allows(self.sdk):
                note = (
                    f"{each.file.name} requires {each.text}, and the bot runs on "
                    f"fastapi_poe {self.sdk}. {self._how_to_fix(each.text)}"
                )
                return replace(self, notes=(*self.notes, note))
        return self

    def _how_to_fix(self, requirement: str) -> str:
        if not self.is_own:
            return f"To test what is deployed: {self.install_line(requirement)}"
        program = Path(".venv", _BIN, _EXE)
        return (
            "To test what is deployed, give the project an environment: python -m venv .venv, "
            f'then {program} -m pip install "{requirement}"'
        )

    def install_line(self, requirement: str) -> str:
        """What to type to install something there."""
        return install_line(requirement, self.executable, self.prefix)


def own_interpreter() -> Interpreter:
    """The Python that runs poe."""
    try:
        sdk = metadata.version(_SDK)
    except metadata.PackageNotFoundError:
        sdk = None
    packages = dict.fromkeys(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib"))
    return Interpreter(
        Path(sys.executable), OWN, sys.version.split()[0], Path(sys.prefix), tuple(packages), sdk
    )


def find_interpreter(
    project: Project, env: Mapping[str, str], flag: str | None = None, cwd: Path | None = None
) -> Interpreter:
    """The Python for a project's bots; a path in ``flag`` is relative to ``cwd``.

    Raises UsageError for one that was named and can't run them.
    """
    if flag is not None:
        return _named(flag, "--python", cwd or project.root, env)
    if project.dev.python is not None:
        return _named(project.dev.python, "[dev] python in poe.toml", project.root, env)
    notes: list[str] = []
    for executable, source in _candidates(project.root, env):
        if _is_own(executable):
            return replace(own_interpreter(), notes=tuple(notes))
        found = _probed(executable, source)
        if isinstance(found, str):
            notes.append(f"{executable} ({source}) does not start, so no bot runs on it: {found}")
        elif why := _unfit(found):
            notes.append(
                f"{found.executable} ({source}) {why}, so the bot does not run on it."
                + (f" To use it: {found.install_line(_SDK)}" if _is_new_enough(found) else "")
            )
        else:
            return replace(found, notes=tuple(notes))
    return replace(own_interpreter(), notes=tuple(notes))


def install_line(
    requirement: str, executable: Path | None = None, prefix: Path | None = None
) -> str:
    """What installs a requirement where a Python is, by default the one that runs this."""
    quoted = f'"{requirement}"' if re.search(r"[<>=!~\[ ]", requirement) else requirement
    program = str(executable or sys.executable)
    if _is_of_uv(prefix or Path(sys.prefix)):  # which has no pip
        return f"uv pip install --python {program} {quoted}"
    # As short as may be: the one that `python` means.
    short = Path(program).stem
    return f"{short if shutil.which(short) == program else program} -m pip install {quoted}"


def _is_of_uv(prefix: Path) -> bool:
    return "uv" in _venv_values(prefix)


def _venv_values(prefix: Path) -> dict[str, str]:
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


# --- one that was named ---


def _named(value: str, source: str, root: Path, env: Mapping[str, str]) -> Interpreter:
    executable = _executable_of(value, root, env)
    if executable is None:
        raise UsageError(
            f"{source}: there is no Python at {value!r}.",
            why="It must be a program, the folder of an environment, or a version on PATH.",
            hint="--python .venv, --python /usr/bin/python3.12, or --python 3.12",
            id="no-such-python",
        )
    if _is_own(executable):
        return own_interpreter()
    found = _probed(executable, source)
    if not isinstance(found, Interpreter):
        raise UsageError(f"{source}: {executable} does not run.", why=found, id="no-such-python")
    if why := _unfit(found):
        raise UsageError(
            f"{source}: {executable} {why}.",
            why="The bot's process runs on that Python, with what is installed there.",
            hint=found.install_line(_SDK) if found.sdk is None and _is_new_enough(found) else "",
            id="unfit-python",
        )
    return found


def _executable_of(value: str, root: Path, env: Mapping[str, str]) -> Path | None:
    path = Path(os.path.abspath(root / Path(value).expanduser()))  # noqa: PTH100 - no link is followed
    if path.is_dir():
        return _in_prefix(path)
    if path.is_file():
        return path
    name = f"python{value}" if re.fullmatch(r"3(\.\d+)?", value) else value
    found = shutil.which(name, path=env.get("PATH"))
    # A shim of pyenv's runs only where pyenv has been told to use that version.
    if found is not None and Path(found).parent.name != "shims":
        return Path(found)
    prefixes = sorted(_pyenv(env).glob(f"{glob.escape(value)}*"))
    return next(filter(None, map(_in_prefix, reversed(prefixes))), None)


def _in_prefix(prefix: Path) -> Path | None:
    """The Python of an environment's folder; conda's on Windows has it at the top."""
    places = (prefix / _BIN / _EXE, prefix / _BIN / "python3", prefix / _EXE)
    return next((place for place in places if place.is_file()), None)


# --- one that is found ---


def _candidates(root: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    seen: set[Path] = set()
    for prefix, source in (*_active(env), *_of_the_project(root, env)):
        executable = _in_prefix(prefix) if prefix.is_dir() else None
        if executable is not None and prefix.resolve() not in seen:
            seen.add(prefix.resolve())
            yield executable, source


def _active(env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if env.get("VIRTUAL_ENV"):
        yield Path(env["VIRTUAL_ENV"]), "the active environment"
    # conda's base is active in every shell of its users, and no bot's.
    if env.get("CONDA_PREFIX") and env.get("CONDA_DEFAULT_ENV") != "base":
        yield Path(env["CONDA_PREFIX"]), "the active conda environment"


def _of_the_project(root: Path, env: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for folder in _up_to_the_repository(root):
        if env.get("UV_PROJECT_ENVIRONMENT") and (folder / "pyproject.toml").is_file():
            yield folder / env["UV_PROJECT_ENVIRONMENT"], "UV_PROJECT_ENVIRONMENT"
        for name in (".venv", "venv"):
            yield folder / name, _shown(folder / name, root)
        if pdm := _text(folder / ".pdm-python"):
            yield Path(pdm).parent.parent, f"{_shown(folder, root)}/.pdm-python"
        yield from ((place, "poetry's") for place in _poetry(folder, env))
        yield from ((place, "conda's, environment.yml") for place in _conda(folder))
        if pyenv := _text(folder / ".python-version"):
            yield _pyenv(env) / pyenv.split()[0], "pyenv's, .python-version"


def _up_to_the_repository(root: Path) -> Iterator[Path]:
    """The folder and those above it in its repository."""
    above = [root, *root.parents]
    top = next((number for number, each in enumerate(above) if (each / ".git").exists()), 0)
    yield from above[: top + 1]


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
    for base in _poetry_folders(env):
        yield from sorted(base.glob(f"{short}-{digest}-py*"), reverse=True)


def _poetry_folders(env: Mapping[str, str]) -> Iterator[Path]:
    if path := env.get("POETRY_VIRTUALENVS_PATH"):
        yield Path(path)
    if path := env.get("POETRY_CACHE_DIR"):
        yield Path(path) / "virtualenvs"
    home = Path(env.get("HOME") or Path.home())
    yield Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "pypoetry" / "virtualenvs"
    yield home / "Library" / "Caches" / "pypoetry" / "virtualenvs"
    if path := env.get("LOCALAPPDATA"):
        yield Path(path) / "pypoetry" / "Cache" / "virtualenvs"


def _conda(folder: Path) -> Iterator[Path]:
    """The environment that environment.yml names, among those in conda's list of all."""
    text = _text(folder / "environment.yml") or _text(folder / "environment.yaml") or ""
    name = re.search(r"^name:\s*[\"']?([\w.-]+)", text, re.MULTILINE)
    known = _text(Path.home() / ".conda" / "environments.txt") or ""
    if name:
        yield from (Path(line) for line in known.splitlines() if Path(line).name == name[1])


def _pyenv(env: Mapping[str, str]) -> Path:
    return Path(env.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# --- what it is ---


def _is_own(executable: Path) -> bool:
    prefix = executable.parent.parent
    # Links are not followed: every environment of one Python links to the same program.
    return prefix.resolve() == Path(sys.prefix).resolve()


def _unfit(found: Interpreter) -> str:
    """Why no bot can run there; "" when one can."""
    if not _is_new_enough(found):
        return f"is Python {found.version}, and poe needs {OLDEST[0]}.{OLDEST[1]} or newer"
    return "" if found.sdk else "has no fastapi_poe"


def _is_new_enough(found: Interpreter) -> bool:
    return tuple(int(part) for part in found.version.split(".")[:2]) >= OLDEST


def _probed(executable: Path, source: str) -> Interpreter | str:
    """What a Python says of itself; or why it does not."""
    try:
        done = subprocess.run(
            [str(executable), "-c", _PROBE],
            check=True,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        version, prefix, packages, sdk = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        return str(error.stderr).strip().rpartition("\n")[2]
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    folders = tuple(dict.fromkeys(map(Path, packages)))
    return Interpreter(executable, source, version, Path(prefix), folders, sdk)
