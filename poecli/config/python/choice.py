"""Which Python is taken for a project's bots, and what is said of those passed over.

In this order: --python, ``[dev] python`` of poe.toml, the active environment, an environment in the
project's folder or above, the one that uv, pdm, poetry, conda or pyenv keeps elsewhere for it, and
poe's own. One that was not named, and has no fastapi_poe, is passed over with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from poecli.config.project import Project, find_project
from poecli.config.python.environments import candidates, executable_of
from poecli.config.python.interpreter import SDK, Interpreter, is_own, own_interpreter, probed
from poecli.config.requirements import requirements
from poecli.config.target import Target
from poecli.errors import UsageError


def interpreter_for(
    target: Target, env: Mapping[str, str], flag: str | None, cwd: Path
) -> Interpreter:
    """The Python for a bot, held against what its project asks for. Raises as `find_interpreter`.

    A path in ``flag``, the value of --python, is relative to ``cwd``.
    """
    found = find_interpreter(find_project(target.root), env, flag, cwd)
    return found.against(requirements(target.root, target.file))


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
    for executable, source in candidates(project.root, env):
        if is_own(executable):
            return replace(own_interpreter(), notes=tuple(notes))
        found = probed(executable, source)
        if isinstance(found, str):
            notes.append(f"{executable} ({source}) does not start, so no bot runs on it: {found}")
        elif why := found.why_unfit:
            notes.append(
                f"{found.executable} ({source}) {why}, so the bot does not run on it."
                + (f" To use it: {found.install_line(SDK)}" if found.is_new_enough else "")
            )
        else:
            return replace(found, notes=tuple(notes))
    return replace(own_interpreter(), notes=tuple(notes))


def _named(value: str, source: str, root: Path, env: Mapping[str, str]) -> Interpreter:
    executable = executable_of(value, root, env)
    if executable is None:
        raise UsageError(
            f"{source}: there is no Python at {value!r}.",
            why="It must be a program, the folder of an environment, or a version on PATH.",
            hint="--python .venv, --python /usr/bin/python3.12, or --python 3.12",
            id="no-such-python",
        )
    if is_own(executable):
        return own_interpreter()
    found = probed(executable, source)
    if not isinstance(found, Interpreter):
        raise UsageError(f"{source}: {executable} does not run.", why=found, id="no-such-python")
    if why := found.why_unfit:
        raise UsageError(
            f"{source}: {executable} {why}.",
            why="The bot's process runs on that Python, with what is installed there.",
            hint=found.install_line(SDK) if found.is_new_enough else "",
            id="unfit-python",
        )
    return found
