"""Which folder is the project here."""

from __future__ import annotations

import contextlib
from pathlib import Path

from poecli.config.project import find_project
from poecli.config.target import Target
from poecli.errors import BotLoadError


def project_root(cwd: Path) -> Path:
    """The folder whose `.poe` a `poe dev` in ``cwd`` keeps its turns in."""
    root = cwd
    with contextlib.suppress(BotLoadError):  # `poe dev FILE` may run where a folder has several
        root = Target.parse(".", cwd).root
    return find_project(root).root
