"""A new bot's requirements-dev.txt installs, however this poe was installed; a table at the end.

    python -m tests.readme.dev_requirements [TEMPLATE …]

From an index (a folder of wheels), a git URL and a checkout: a fresh environment with poe, `poe
new`, and in a second fresh environment the line of the README's CI workflow that installs, then
`python -m pytest` and what else the workflow calls. Needs a package registry.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.readme.ci import OUTSIDE, install_step
from tests.readme.fresh_machine import ROOT
from tests.readme.installs import Failed, Machine, report

TEMPLATES = ("echo", "function-calling", "pdf-counter")
_GREEN = re.compile(r"^\d+ passed.*$", re.MULTILINE)


def ways(folder: Path) -> dict[str, tuple[str, ...]]:
    """What pip is asked for, by the way of installation."""
    wheels, clone = folder / "wheels", folder / "clone"
    WheelBuilder(str(ROOT)).build(directory=str(wheels), versions=["standard"]).__next__()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    return {
        "an index": ("poecli",),
        "a git URL": (f"git+{clone.as_uri()}",),
        "a checkout": (str(clone),),
        "an editable checkout": ("-e", str(clone)),
    }


def green(
    machine: Machine, asked: tuple[str, ...], templates: tuple[str, ...], outside: tuple[str, ...]
) -> str:
    """What pytest says of each template's bot. Raises Failed.

    ``outside`` are the programs that the workflow installs and calls, as far as they are wanted.
    """
    python = Path(sys.executable)
    programs = machine.environment(python, "poe")
    machine.run(programs / "python", "-m", "pip", "install", "-q", *asked)
    said = []
    for template in templates:
        machine.run(programs / "poe", "new", template, template, "--no-input")
        project = machine.folder / template
        theirs = machine.environment(python, f"for-{template}")
        left_out = set(OUTSIDE) - set(outside)
        arguments = [word for word in install_step().split()[1:] if word not in left_out]
        machine.run(theirs / "python", *arguments, "-q", cwd=project)
        printed = machine.run(theirs / "python", "-m", "pytest", "-q", cwd=project)
        found = _GREEN.search(printed)
        if found is None:
            raise Failed(printed)
        for program in outside:
            machine.run(theirs / program, "--version")
        said.append(f"{template}: {found[0]}")
    return "; ".join(said)


def main() -> int:
    """Every way; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("templates", nargs="*", default=TEMPLATES)
    templates = tuple(parser.parse_args().templates)
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # An index is what pip finds by itself: here in a folder beside those of this machine.
        links = f"{folder / 'wheels'} {os.environ.get('PIP_FIND_LINKS', '')}"
        for number, (way, asked) in enumerate(ways(folder).items()):
            place = folder / str(number)
            place.mkdir()
            more = {"PIP_FIND_LINKS": links} if way == "an index" else {}
            try:
                outside = OUTSIDE if number == 0 else ()  # the same whatever poe comes from
                report(way, green(Machine(place, **more), asked, templates, outside))
            except Failed as error:
                failed = True
                report(way, f"FAILED: {error}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
