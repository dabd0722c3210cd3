"""Create every template into a fresh environment of its own requirements and run its tests there.

    python -m tests.benchmarks.fresh_environments            the newest versions
    python -m tests.benchmarks.fresh_environments --lowest   the lower bounds of requirements.txt

Needs a package registry, so it is no part of the test run. poecli itself comes from a wheel of this
checkout. Templates with the same requirements share an environment. Prints one line for each
template; ends with 1 when one fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan
from poecli.scaffold.own_requirement import own_requirement

ROOT = Path(__file__).resolve().parents[2]


def main(*, lowest: bool) -> int:
    """Run all; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = next(WheelBuilder(str(ROOT)).build(directory=folder, versions=["standard"]))
        groups: defaultdict[str, list[Path]] = defaultdict(list)
        for template in all_templates():
            project = Path(folder) / template.name
            carry_out(plan(NewOptions(template=template.name, directory=str(project))))
            groups[(project / "requirements.txt").read_text()].append(project)
        failed = 0
        for number, (requirements, projects) in enumerate(groups.items()):
            lowest_of_all = requirements.replace(">=", "==").split() if lowest else []
            asked = [*_without_poecli(projects[0]), wheel, *lowest_of_all]
            python = environment(Path(folder) / f"venv{number}", asked)
            failed += sum(not passes(python, project) for project in projects)
        return 1 if failed else 0


def _without_poecli(project: Path) -> list[str]:
    """What a project's tests need, but poecli, which comes from the wheel."""
    lines = (project / "requirements-dev.txt").read_text().splitlines()
    rest = [line for line in lines if line not in (own_requirement(), "-r requirements.txt")]
    return ["-r", str(project / "requirements.txt"), *rest]


def environment(folder: Path, asked: Sequence[str]) -> str:
    """A fresh environment with what pip is asked for; its Python."""
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    command = [python, "-m", "pip", "install", "--quiet", *asked]
    subprocess.run(command, check=True)
    return python


def passes(python: str, project: Path) -> bool:
    """Run a project's tests and print how they went."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines() or done.stderr.splitlines() or ["no output"]
    sys.stdout.write(f"{project.name:<24}{lines[-1]}\n")
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(lowest="--lowest" in sys.argv[1:]))
