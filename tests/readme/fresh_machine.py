"""Run the README's two commands as on a fresh machine: a clone, Python, git, and nothing else.

    python -m tests.readme.fresh_machine [--tests] [--python /usr/bin/python3]

Each command is taken from the README word for word, and run in a fresh clone of HEAD with an
empty home and a PATH of system programs. ``--tests`` runs the second one too, which takes minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.readme.sessions import README

ROOT = README.parent
# What a package index and a proxy need; everything else of this machine stays out.
_KEPT = re.compile(
    r"^(PIP_|UV_INDEX|UV_DEFAULT_INDEX|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|SSL_|REQUESTS_)",
    re.IGNORECASE,
)


def inherited() -> dict[str, str]:
    """The variables of this machine that a fresh one keeps."""
    return {key: value for key, value in os.environ.items() if _KEPT.match(key)}


def commands() -> list[str]:
    """The two lines of the section "Install" that begin with making an environment."""
    section = README.read_text(encoding="utf-8").split("\n## Install\n")[1].split("\n## ")[0]
    return re.findall(r"^(python3 -m venv .*)$", section, re.MULTILINE)


def run(command: str, folder: Path, python: Path) -> int:
    """One command in a fresh clone; its exit code."""
    clone, home, programs = folder / "clone", folder / "home", folder / "programs"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    home.mkdir()
    programs.mkdir()
    (programs / "python3").symlink_to(python)
    env = {
        **inherited(),
        "HOME": str(home),
        "PATH": f"{programs}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }
    return subprocess.run(["sh", "-c", command], check=False, cwd=clone, env=env).returncode


def main() -> int:
    """Run what was asked for; the worst exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--python", type=Path, default=Path(sys.base_prefix) / "bin" / "python3")
    options = parser.parse_args()
    worst = 0
    for command in commands()[: 2 if options.tests else 1]:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"$ {command}\n")
            sys.stdout.flush()
            worst = max(worst, run(command, Path(folder), options.python))
    return worst


if __name__ == "__main__":
    sys.exit(main())
