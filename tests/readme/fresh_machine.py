"""Run the README's two commands as on a fresh machine: a clone, Python, git, and nothing else.

    python -m tests.readme.fresh_machine [--tests] [--python /usr/bin/python3]

Each command is taken from the README word for word, and run in a fresh clone of HEAD with an
empty home and a PATH of system programs that has no zsh, fish, tmux or node. ``--tests`` runs the
second one too, which takes minutes. It fails as well when more than 60 processes run at once, or
when anything is still running or lying about at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.processes import Descendants
from tests.readme.sessions import README

ROOT = README.parent
MOST_PROCESSES = 60
LACKING = {"zsh", "fish", "tmux", "node", "nodejs"}
# What a package index and a proxy need; everything else of this machine stays out.
_KEPT = re.compile(
    r"^(PIP_|UV_INDEX|UV_DEFAULT_INDEX|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|SSL_|REQUESTS_)",
    re.IGNORECASE,
)
# pytest keeps the folders of its last three runs; the first command writes its bot to /tmp.
_MAY_STAY = re.compile(r"^pytest-of-")


def inherited() -> dict[str, str]:
    """The variables of this machine that a fresh one keeps."""
    return {key: value for key, value in os.environ.items() if _KEPT.match(key)}


def commands() -> list[str]:
    """The two lines of the section "Install" that begin with making an environment."""
    section = README.read_text(encoding="utf-8").split("\n## Install\n")[1].split("\n## ")[0]
    return re.findall(r"^(python3 -m venv .*)$", section, re.MULTILINE)


def bare_path(programs: Path, python: Path) -> Path:
    """A folder with this Python and the system's programs but those that may be missing."""
    programs.mkdir()
    (programs / "python3").symlink_to(python)
    for folder in (Path("/usr/bin"), Path("/bin")):
        for program in folder.iterdir():
            link = programs / program.name
            if program.name not in LACKING and not link.is_symlink():
                link.symlink_to(program)
    return programs


def run(command: str, folder: Path, python: Path) -> list[str]:
    """One command in a fresh clone; what is wrong with how it went."""
    clone, home, scratch = folder / "clone", folder / "home", folder / "tmp"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    home.mkdir()
    scratch.mkdir()
    env = {
        **inherited(),
        "HOME": str(home),
        "PATH": str(bare_path(folder / "programs", python)),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
    }
    with Descendants() as descendants:
        done = subprocess.run(["sh", "-c", command], check=False, cwd=clone, env=env)
    sys.stdout.write(f"exit code {done.returncode}, {descendants.most} processes at most\n")
    files = [path.name for path in scratch.iterdir() if not _MAY_STAY.match(path.name)]
    found = {
        "it ended with": [str(done.returncode)] if done.returncode else [],
        "too many processes at once:": [str(descendants.most)]
        if descendants.most > MOST_PROCESSES
        else [],
        "still running:": descendants.left,
        "still in TMPDIR:": files,
    }
    return [f"{what} {it}" for what, those in found.items() for it in those]


def main() -> int:
    """Run what is wanted; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--python", type=Path, default=Path(sys.base_prefix) / "bin" / "python3")
    options = parser.parse_args()
    wrong: list[str] = []
    for command in commands()[: 2 if options.tests else 1]:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"$ {command}\n")
            sys.stdout.flush()
            wrong += run(command, Path(folder), options.python)
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
