"""What a Python is for a bot: its version, its packages, its fastapi_poe; asked of itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from poecli.config.python.environments import BIN, EXE
from poecli.config.requirements import PYTHON, Requirement
from poecli.system_errors import reason_of

OLDEST = (3, 10)  # that poecli itself runs on
OWN = "poe's own"
SDK = "fastapi_poe"
# In its pyvenv.cfg an environment that stands in for another one says what it stands in for.
STANDS_FOR = "poe-stands-for"
_NO_PYTHON = "It does not answer as a Python does."
_PROBE_SECONDS = 20
_PROBE = f"""
import json, sys, sysconfig
sys.path[:] = [p for p in sys.path if p]
from importlib import metadata
try:
    sdk = metadata.version("{SDK}")
except metadata.PackageNotFoundError:
    sdk = None
paths = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
print(json.dumps([sys.version.split()[0], sys.prefix, paths, sdk]))
"""


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

    @property
    def is_new_enough(self) -> bool:
        """Whether poecli runs there."""
        return tuple(int(part) for part in self.version.split(".")[:2]) >= OLDEST

    @property
    def why_unfit(self) -> str:
        """Why no bot can run there; "" when one can."""
        if not self.is_new_enough:
            return f"is Python {self.version}, and poe needs {OLDEST[0]}.{OLDEST[1]} or newer"
        return "" if self.sdk else f"has no {SDK}"

    def __str__(self) -> str:
        return f"Python {self.version} ({self.source}), {SDK} {self.sdk}"

    def against(self, asked: Iterable[Requirement]) -> Interpreter:
        """With a note when it, or its fastapi_poe, is not what the project asks for."""
        wanted = tuple(asked)
        notes = list(self.notes)
        if broken := _first_broken(wanted, SDK, self.sdk):
            notes.append(
                f"{broken.file.name} requires {broken.text}, and the bot runs on "
                f"{SDK} {self.sdk}. {self._how_to_fix(broken.text)}"
            )
        if broken := _first_broken(wanted, PYTHON, self.version):
            notes.append(
                f"{broken.file.name} requires {broken.text}, and the bot runs on "
                f"Python {self.version} ({self.source}). To test what is deployed, make the "
                f"project's .venv with such a Python, or name one with --python."
            )
        return replace(self, notes=tuple(notes))

    def _how_to_fix(self, requirement: str) -> str:
        if not self.is_own:
            return f"To test what is deployed: {self.install_line(requirement)}"
        program = Path(".venv", BIN, EXE)
        return (
            "To test what is deployed, give the project an environment: python -m venv .venv, "
            f'then {program} -m pip install "{requirement}"'
        )

    def install_line(self, requirement: str) -> str:
        """What to type to install something there."""
        return install_line(requirement, executable=self.executable, prefix=self.prefix)


def _first_broken(
    asked: Iterable[Requirement], name: str, version: str | None
) -> Requirement | None:
    broken = (each for each in asked if each.is_for(name) and version and not each.allows(version))
    return next(broken, None)


def own_interpreter() -> Interpreter:
    """The Python that runs poe."""
    try:
        sdk = metadata.version(SDK)
    except metadata.PackageNotFoundError:
        sdk = None
    packages = dict.fromkeys(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib"))
    return Interpreter(
        Path(sys.executable), OWN, sys.version.split()[0], Path(sys.prefix), tuple(packages), sdk
    )


def is_own(executable: Path) -> bool:
    """Whether a program is the Python that runs poe."""
    prefix = executable.parent.parent
    # Links are not followed: every environment of one Python links to the same program.
    return prefix.resolve() == Path(sys.prefix).resolve()


def probed(executable: Path, source: str) -> Interpreter | str:
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
        said = str(error.stderr).strip().rpartition("\n")[2]
        # What is no Python looks for a file of that name, and repeats all of it.
        return _NO_PYTHON if "import json" in said else said
    except ValueError:
        return _NO_PYTHON
    except subprocess.TimeoutExpired:
        return f"it said nothing within {_PROBE_SECONDS} s"
    except OSError as error:
        return reason_of(error)
    folders = tuple(dict.fromkeys(map(Path, packages)))
    return Interpreter(executable, source, version, Path(prefix), folders, sdk)


def install_line(
    *requirements: str, executable: Path | None = None, prefix: Path | None = None
) -> str:
    """What installs requirements where a Python is, by default the one that runs this."""
    values = _venv_values(prefix or Path(sys.prefix))
    if program := values.get(STANDS_FOR):
        executable = Path(program)
        values = _venv_values(executable.parent.parent)
    quoted = " ".join(f'"{r}"' if re.search(r"[<>=!~\[ ]", r) else r for r in requirements)
    program = str(executable or sys.executable)
    if "uv" in values:  # such an environment has no pip
        return f"uv pip install --python {program} {quoted}"
    # As short as may be: the one that `python` means.
    short = Path(program).stem
    return f"{short if shutil.which(short) == program else program} -m pip install {quoted}"


def _venv_values(prefix: Path) -> dict[str, str]:
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
