"""Create every template into a fresh environment of its own requirements and run its tests there.

    python -m tests.benchmarks.fresh_environments            the newest versions
    python -m tests.benchmarks.fresh_environments --lowest   the lower bounds of requirements.txt

Needs a package registry, so it is no part of the test run. Templates with the same requirements
share an environment. Prints one line for each template; ends with 1 when one fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path

from poecli.scaffold.catalog import all_templates
from poecli.scaffold.create import NewOptions, carry_out, plan


def main(*, lowest: bool) -> int:
    """Run all; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        groups: defaultdict[str, list[Path]] = defaultdict(list)
        for template in all_templates():
            project = Path(folder) / template.name
            carry_out(plan(NewOptions(template=template.name, directory=str(project))))
            groups[(project / "requirements.txt").read_text()].append(project)
        failed = 0
        for number, (requirements, projects) in enumerate(groups.items()):
            wanted = requirements.replace(">=", "==") if lowest else requirements
            python = environment(Path(folder) / f"venv{number}", wanted.split())
            failed += sum(not passes(python, project) for project in projects)
        return 1 if failed else 0


def environment(folder: Path, requirements: list[str]) -> str:
    """A fresh environment with the requirements and pytest; its Python."""
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    command = [python, "-m", "pip", "install", "--quiet", *requirements, "pytest"]
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
