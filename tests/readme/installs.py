"""Install the wheel as users do, with every Python found here, and use it; a table at the end.

    python -m tests.readme.installs [--python PATH …] [--tests] [--tools]

For each interpreter: a fresh environment, `pip install` of the wheel, `poe --version`, a bot from a
template, one question to it, and `poe check`. ``--tests`` runs the fast part of the tests as well.
``--tools`` installs with pipx and with `uv tool`, and beside poethepoet, which has a `poe` too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.readme.fresh_machine import ROOT, inherited

FIRST_MINOR, LAST_MINOR = 10, 14
FAST_TESTS = ("protocol", "config", "client", "terminal", "completion/test_generated.py")


class Failed(Exception):
    """A step ended as it should not; the text says which, and what it printed."""


class Machine:
    """A folder with a home of its own, in which commands are run."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        (folder / "home").mkdir()
        self._env = {**inherited(), "HOME": str(folder / "home"), "LANG": "C.UTF-8", **more}

    def env(self, path: Path | None = None) -> dict[str, str]:
        """The variables of what is run here, with a folder of programs before the system's."""
        programs = os.pathsep.join([str(path)] * bool(path) + ["/usr/bin", "/bin"])
        return {**self._env, "PATH": programs}

    def run(
        self,
        *command: str | Path,
        says: str = "",
        path: Path | None = None,
        cwd: Path | None = None,
    ) -> str:
        """Run a command; what it printed. Raises Failed when it fails or does not say ``says``."""
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=cwd or self.folder,
            env=self.env(path),
        )
        printed = done.stdout + done.stderr
        if done.returncode or says not in printed:
            raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{printed}")
        return printed

    def environment(self, python: Path, name: str = "venv") -> Path:
        """A fresh virtual environment; the folder of its programs."""
        self.run(python, "-m", "venv", name)
        return self.folder / name / ("Scripts" if os.name == "nt" else "bin")


def used(machine: Machine, programs: Path, poe: str = "poe") -> str:
    """What a newcomer types first; the version. Raises Failed."""
    version = machine.run(programs / poe, "--version", says="poe ")
    machine.run(programs / poe, "new", "echo", "my-bot", "--no-input", "--force")
    machine.run(programs / poe, "chat", "my-bot", "-m", "How are you?", says="How are you?")
    machine.run(programs / poe, "check", "my-bot", says="0 faults (0 must, 0 should")
    machine.run(programs / poe, "completions", "bash", says="complete ")
    return version.strip()


def by_pip(machine: Machine, python: Path, wheel: Path, *, tests: bool) -> str:
    """`pip install` into a fresh environment, and the first commands."""
    programs = machine.environment(python)
    machine.run(programs / "python", "-m", "pip", "install", "-q", wheel)
    said = used(machine, programs)
    if tests:
        machine.run(programs / "python", "-m", "pip", "install", "-q", f"{wheel}[dev]")
        paths = [ROOT / "tests" / name for name in FAST_TESTS]
        flags = ("-q", "-n", "2", "--dist", "loadfile", "-c", ROOT / "pyproject.toml")
        report = machine.run(programs / "python", "-m", "pytest", *flags, *paths)
        said += f", tests: {report.splitlines()[-1]}"
    return said


def by_pipx(machine: Machine, tools: Path, wheel: Path) -> str:
    """`pipx install`."""
    machine.run(tools / "pipx", "install", "--quiet", wheel)
    return used(machine, machine.folder / "pipx-bin")


def by_uv(machine: Machine, tools: Path, wheel: Path) -> str:
    """`uv tool install`."""
    machine.run(tools / "uv", "tool", "install", "-q", "--python", sys.executable, wheel)
    return used(machine, machine.folder / "uv-bin")


def beside_poethepoet(machine: Machine, tools: Path, wheel: Path) -> str:
    """Both in one environment: `poe` is theirs, `poecli` is ours and says so."""
    programs = machine.environment(tools / "python", "both")
    machine.run(programs / "python", "-m", "pip", "install", "-q", wheel)
    machine.run(programs / "python", "-m", "pip", "install", "-q", "poethepoet")
    machine.run(programs / "poecli", "doctor", says="is poethepoet here", path=programs)
    return used(machine, programs, "poecli")


def interpreters() -> Iterator[Path]:
    """Pythons on PATH and those of pyenv, one for each version we support."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for minor in range(FIRST_MINOR, LAST_MINOR + 1):
        built = sorted(pyenv.glob(f"3.{minor}.*/bin/python3"))
        on_path = shutil.which(f"python3.{minor}", path="/usr/local/bin:/usr/bin:/bin")
        if built or on_path:
            yield built[-1] if built else Path(str(on_path))


def report(name: str, outcome: str) -> None:
    """One line of the table, as soon as it is known."""
    sys.stdout.write(f"{name:<24}{outcome}\n")
    sys.stdout.flush()


def main() -> int:
    """Every installation that was asked for; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, action="append")
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--tools", action="store_true")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = Path(next(WheelBuilder(str(ROOT)).build(directory=name, versions=["standard"])))
        for number, python in enumerate(options.python or interpreters()):
            place = folder / str(number)
            place.mkdir()
            version = subprocess.run(
                [python, "--version"], check=True, capture_output=True, text=True
            ).stdout.strip()
            try:
                report(version, by_pip(Machine(place), python, wheel, tests=options.tests))
            except Failed as error:
                failed = True
                report(version, f"FAILED: {error}")
            shutil.rmtree(place)
        if options.tools:
            failed |= with_tools(folder, wheel)
    return int(failed)


def tools_in(folder: Path) -> tuple[Machine, Path]:
    """A machine with pipx and uv, and the folder of their programs."""
    places = {
        "PIPX_HOME": "pipx",
        "PIPX_BIN_DIR": "pipx-bin",
        "UV_TOOL_DIR": "uv",
        "UV_TOOL_BIN_DIR": "uv-bin",
        "UV_CACHE_DIR": "uv-cache",
    }
    place = folder / "tools"
    place.mkdir()
    machine = Machine(place, **{name: str(place / value) for name, value in places.items()})
    tools = machine.environment(Path(sys.executable), "tools")
    machine.run(tools / "python", "-m", "pip", "install", "-q", "pipx", "uv")
    return machine, tools


def with_tools(folder: Path, wheel: Path) -> bool:
    """pipx, uv and poethepoet, all from the registry; True when one failed."""
    machine, tools = tools_in(folder)
    failed = False
    for name, install in (
        ("pipx install", by_pipx),
        ("uv tool install", by_uv),
        ("beside poethepoet", beside_poethepoet),
    ):
        try:
            report(name, install(machine, tools, wheel))
        except Failed as error:
            failed = True
            report(name, f"FAILED: {error}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
