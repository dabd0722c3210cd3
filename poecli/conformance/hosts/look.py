"""A project's folder, looked through for what the hosts of its bot allow an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from poecli.conformance.hosts.image import COMMAND_FILES, GRACE, ImageCommand, look_at_command
from poecli.conformance.hosts.modal_functions import LOGIN, ONE, TIMEOUT, look_at_modal
from poecli.conformance.hosts.platforms import look_at_cloud_run, look_at_fly, look_at_render
from poecli.conformance.results import Finding, Run, joined
from poecli.errors import ProjectFileError
from poecli.source.python_file import PythonFile

_MODAL_RULES = frozenset({TIMEOUT, ONE, LOGIN})
_CLOUD_RUN_MARK = "serving.knative.dev"
_Look = Callable[[str, str], "list[Finding] | None"]


def look_at_hosting(folder: Path, loaded: Sequence[Path], shown: Callable[[Path], str]) -> Run:
    """What the files of the folder, and those that the bot was loaded from, say of its host.

    A rule counts as tested where a file could have broken it. ``shown`` names a file for people.
    """
    return joined([*_modal(folder, loaded, shown), *_files(folder, shown)])


def _modal(folder: Path, loaded: Sequence[Path], shown: Callable[[Path], str]) -> list[Run]:
    beside = [file for file in sorted(folder.glob("*.py")) if b"modal" in _content(file)]
    files = dict.fromkeys((*(f for f in loaded if f.suffix == ".py"), *beside))
    looks = [look_at_modal(PythonFile(_content(file), shown(file))) for file in files]
    return [Run(tuple(found), _MODAL_RULES) for found in looks if found is not None]


def _files(folder: Path, shown: Callable[[Path], str]) -> list[Run]:
    runs = []
    for name, (rules, look) in _LOOKS.items():
        file = folder / name
        text = _content(file).decode("utf-8", "replace")
        if not text:
            continue
        try:
            found = look(text, shown(file))
        except ProjectFileError as error:
            runs.append(Run((), frozenset(), dict.fromkeys(rules, error.message)))
        else:
            if found is not None:
                runs.append(Run(tuple(found), frozenset(rules)))
    return runs


def _content(file: Path) -> bytes:
    """Nothing for a file that is not there, or can't be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _command(read: Callable[[str], ImageCommand | None]) -> _Look:
    def look(text: str, name: str) -> list[Finding] | None:
        command = read(text)
        return look_at_command(command, name) if command else None

    return look


def _cloud_run(text: str, name: str) -> list[Finding] | None:
    return look_at_cloud_run(text, name) if _CLOUD_RUN_MARK in text else None


_LOOKS: dict[str, tuple[tuple[str, ...], _Look]] = {
    **{name: ((GRACE,), _command(read)) for name, read in COMMAND_FILES.items()},
    "fly.toml": ((GRACE,), look_at_fly),
    "render.yaml": ((GRACE,), look_at_render),
    "service.yaml": ((TIMEOUT, ONE), _cloud_run),
}
