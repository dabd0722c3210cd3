"""When the stand-in for Modal is used, and when the real one."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from poecli.hosting.sandbox.modal import import_hook
from poecli.hosting.sandbox.modal.standin import StandInModule

INSTALLED = {"site-packages/modal/__init__.py": "App = 1\n", "site-packages/modal/gpu.py": ""}
OWN = {"modal.py": "App = 1\n"}
ALLOWED = ("api.poe.com", "modal.com")


@pytest.fixture
def without_modal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No module of Modal's is loaded; those that were come back."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if is_modal(name)}
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in list(sys.modules):
        if is_modal(name):
            del sys.modules[name]
    sys.modules.update(kept)


def is_modal(name: str) -> bool:
    return name.partition(".")[0] == "modal"


@pytest.mark.usefixtures("without_modal")
@pytest.mark.parametrize(
    ("files", "allowed", "stands_in"),
    [
        pytest.param({}, (), True, id="not installed"),
        pytest.param({}, ALLOWED, True, id="not installed, and allowed"),
        pytest.param(INSTALLED, (), True, id="installed"),
        pytest.param(INSTALLED, ("api.poe.com",), True, id="installed, another host allowed"),
        pytest.param(INSTALLED, ALLOWED, False, id="installed, and allowed"),
        pytest.param(OWN, (), False, id="a module of the author's"),
        pytest.param({"modal/__init__.py": ""}, (), False, id="a package of the author's"),
        pytest.param({"modal/notes.py": ""}, (), True, id="a folder that is no package"),
        pytest.param({**OWN, **INSTALLED}, (), False, id="the author's, and installed"),
    ],
)
def test_modal_is_played_unless_the_author_wants_the_real_one(
    tmp_path: Path, files: dict[str, str], allowed: tuple[str, ...], stands_in: bool
) -> None:
    """Nothing leaves the machine unasked; a module of the author's own is theirs."""
    places = [str(tmp_path), str(tmp_path / "site-packages")]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def find_real(name: str) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.PathFinder.find_spec(name, places)

    sys.path[:0] = places
    undo = import_hook.install(allowed, find_real)
    try:
        module = importlib.import_module("modal")
    finally:
        undo()

    assert isinstance(module, StandInModule) == stands_in


@pytest.mark.usefixtures("without_modal")
def test_parts_of_it_are_played_too() -> None:
    """Also those that no version has."""
    undo = import_hook.install()
    try:
        part = importlib.import_module("modal.gpu")
        deeper = importlib.import_module("modal.a.b")
    finally:
        undo()

    assert isinstance(part, StandInModule)
    assert isinstance(deeper, StandInModule)
