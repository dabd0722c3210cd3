"""A project's Python with another fastapi_poe, to try a bot on.

A version is downloaded once and kept in poe's cache, without the packages that it requires: those
are the project's own, as its author chose them. Only where the project has others than it requires
the version's own are installed with it. The environment that puts both together has no packages of
its own, but a .pth file that names the folders, and is thrown away.
https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from poecli.config.python.environments import python_in
from poecli.config.python.interpreter import SDK, STANDS_FOR, Interpreter, probed
from poecli.config.requirements import Requirement
from poecli.errors import BotLoadError
from poecli.local.pip_errors import refusal

NEWEST = "newest"
_PACKAGES = """
import json, os, sys
from importlib import metadata
names = ("site-packages", "dist-packages")
folders = [path for path in sys.path if os.path.basename(path) in names]
packages = {each.metadata["Name"]: each.version for each in metadata.distributions()}
print(json.dumps([folders, packages]))
"""


@dataclass(frozen=True)
class TriedSdk:
    """A Python with one version of fastapi_poe.

    ``newer`` are requirements of that version that the project's own packages did not meet.
    """

    interpreter: Interpreter
    newer: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Of fastapi_poe."""
        return self.interpreter.sdk or ""


class SdkEnvironments:
    """Makes them for one project; ``cache`` is the folder that keeps what was downloaded."""

    def __init__(self, project: Interpreter, cache: Path, env: Mapping[str, str]) -> None:
        self._project = project
        self._cache = cache
        # Not together with --target, whatever the user's pip is told to do otherwise.
        self._env = {**env, "PIP_USER": "0"}

    @contextlib.contextmanager
    def with_sdk(self, version: str) -> Iterator[TriedSdk]:
        """A Python with that version of fastapi_poe, until the block ends.

        Raises UsageError when there is none such, NotReachable when it can't be downloaded,
        BotLoadError when it can't be installed there.
        """
        with tempfile.TemporaryDirectory(prefix="poe-sdk-", ignore_cleanup_errors=True) as name:
            scratch = Path(name)
            folder = self._installed(version, scratch, "--no-deps")
            newer = self._unmet(folder)
            if newer:
                folder = self._installed(version, scratch)
            yield TriedSdk(self._environment(scratch / "venv", folder), newer)

    # --- the packages of a version ---

    def _installed(self, version: str, scratch: Path, *flags: str) -> Path:
        """The folder of its packages, installed unless it is in the cache."""
        if version != NEWEST and _sdk_in(kept := self._kept(version, flags)):
            return kept
        requirement = SDK if version == NEWEST else f"{SDK}=={version}"
        base = self._writable(scratch)
        with tempfile.TemporaryDirectory(dir=base) as name:
            target = Path(name) / "site-packages"
            command = [*self._installer(scratch), *flags, "--target", str(target), requirement]
            if said := self._failure(command):
                raise refusal(said, version, self._project.version)
            sdk = _sdk_in(target)
            if sdk is None:
                raise BotLoadError(f"{command[0]} installed no {SDK}.", id="sdk-not-installed")
            kept = base / self._kept(sdk.version, flags).relative_to(self._cache)
            if _sdk_in(kept) is None:
                shutil.rmtree(kept, ignore_errors=True)  # of what was half deleted
                kept.parent.mkdir(exist_ok=True)
                with contextlib.suppress(OSError):  # another poe was faster
                    target.rename(kept)
        return kept

    def _kept(self, version: str, flags: Sequence[str]) -> Path:
        python = self._project.version.rpartition(".")[0]
        alone = "" if flags else "-with-what-it-requires"
        # By the last name the frames of its files are known as a package's.
        return self._cache / f"{version}-python{python}{alone}" / "site-packages"

    def _writable(self, scratch: Path) -> Path:
        """The cache, or the scratch folder where nothing can be kept."""
        with contextlib.suppress(OSError):
            self._cache.mkdir(parents=True, exist_ok=True)
        can_be_written = self._cache.is_dir() and os.access(self._cache, os.W_OK)
        return self._cache if can_be_written else scratch

    def _installer(self, scratch: Path) -> list[str]:
        """The command of uv, else of the project's pip, else of a fresh environment's."""
        python = str(self._project.executable)
        uv = shutil.which("uv", path=self._env.get("PATH"))
        if uv and self._starts([uv, "--version"]):
            return [uv, "pip", "install", "--python", python]
        if not self._starts([python, "-m", "pip", "--version"]):
            folder = scratch / "pip"
            python = str(python_in(folder) or self._venv(folder))
        return [python, "-m", "pip", "install", "--no-input"]

    def _starts(self, command: Sequence[str]) -> bool:
        try:
            return not self._failure(command)  # pyenv's shim of uv is there without uv
        except OSError:
            return False

    def _venv(self, folder: Path, *flags: str) -> Path:
        """The Python of a fresh environment."""
        command = [str(self._project.executable), "-m", "venv", *flags, str(folder)]
        said = self._failure(command)
        python = python_in(folder)
        if said or python is None:
            raise BotLoadError(
                f"{self._project.executable} could not make an environment.",
                why=said.strip().rpartition("\n")[2],
                hint="Install uv, or what this Python lacks (python3-venv on Debian and Ubuntu).",
                id="no-environment",
            )
        return python

    def _failure(self, command: Sequence[str]) -> str:
        """Run it; what it said where it failed, else ""."""
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=self._env,
        )
        said = done.stderr or done.stdout or f"exit code {done.returncode}"
        return said if done.returncode else ""

    # --- put together with the project's ---

    @cached_property
    def _packages(self) -> tuple[list[str], dict[str, str]]:
        """The project's folders of packages; the versions of all that is in them."""
        done = subprocess.run(
            [str(self._project.executable), "-c", _PACKAGES],
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        folders, versions = json.loads(done.stdout)
        return folders, versions

    def _unmet(self, folder: Path) -> tuple[str, ...]:
        """What this version requires, and the project's packages are not."""
        sdk = _sdk_in(folder)
        required = [text for text in (sdk and sdk.requires) or () if "extra ==" not in text]
        return tuple(text for text in required if not self._meets(Requirement(folder, text)))

    def _meets(self, requirement: Requirement) -> bool:
        _, versions = self._packages
        found = (version for name, version in versions.items() if requirement.is_for(name))
        return any(requirement.allows(version) for version in found)

    def _environment(self, folder: Path, packages: Path) -> Interpreter:
        project = self._project
        python = self._venv(folder, "--without-pip")
        with (folder / "pyvenv.cfg").open("a", encoding="utf-8") as config:
            config.write(f"{STANDS_FOR} = {project.executable}\n")
        theirs, _ = self._packages
        # addsitedir reads the .pth files there too: those of what was installed with `pip -e`.
        # In ASCII, since before Python 3.13 a .pth file has the encoding of the locale.
        lines = [f"import site; site.addsitedir({path!a})" for path in (str(packages), *theirs)]
        place = next(folder.rglob("site-packages"))
        (place / "poe.pth").write_text("\n".join(lines), encoding="ascii")
        found = probed(python, project.source)
        if isinstance(found, str):
            raise BotLoadError("The environment for the try does not start.", why=found)
        return found


def _sdk_in(folder: Path) -> metadata.Distribution | None:
    return next(iter(metadata.distributions(name=SDK, path=[str(folder)])), None)
