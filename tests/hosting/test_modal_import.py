"""When the stand-in for Modal is used, and when the real one."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from poecli.hosting import modal_import
from poecli.hosting.modal_standin import StandInModule

REAL = "from .app import App\nfrom .parts import *\nfrom .image import Image as Image\nNAME = 1\n"


@pytest.fixture
def without_modal() -> Iterator[None]:
    """No module of Modal's is loaded; those that were come back."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if is_modal(name)}
    yield
    for name in list(sys.modules):
        if is_modal(name):
            del sys.modules[name]
    sys.modules.update(kept)


def is_modal(name: str) -> bool:
    return name.partition(".")[0] == "modal"


def imported(folder: Path, source: str, *, installed: bool) -> ModuleType:
    """Run an author's file with the stand-in's finder; what `modal` is then."""
    package = folder / "site" / "modal"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(REAL)
    (package / "app.py").write_text("class App: ...\n")
    (package / "image.py").write_text("class Image: ...\n")
    (package / "parts.py").write_text("")
    (package / "gpu.py").write_text("")
    file = folder / "bot.py"
    file.write_text(source)

    def find_real(name: str) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.PathFinder.find_spec(name, [str(folder / "site")])

    undo = modal_import.install(find_real if installed else lambda _name: None)
    spec = importlib.util.spec_from_file_location("bot_with_modal", file)
    assert spec
    assert spec.loader
    sys.path.insert(0, str(folder / "site"))
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    finally:
        sys.path.remove(str(folder / "site"))
        undo()
    return sys.modules["modal"]


@pytest.mark.usefixtures("without_modal")
@pytest.mark.parametrize(
    ("source", "installed", "stands_in"),
    [
        pytest.param("import modal", True, False, id="installed"),
        pytest.param("from modal import App, Image, NAME", True, False, id="all names there"),
        pytest.param("import modal as m\nm.App\nm.app", True, False, id="a module it loads"),
        pytest.param("import modal\nmodal.gpu", True, True, id="a module it does not load"),
        pytest.param("from modal import gpu", True, False, id="a submodule by name"),
        pytest.param("from modal import App, Stub", True, True, id="a name that is gone"),
        pytest.param("import modal\nmodal.Mount", True, True, id="an attribute that is gone"),
        pytest.param("import modal as m\nm.Stub('x')", True, True, id="under another name"),
        pytest.param("import modal", False, True, id="not installed"),
        pytest.param(
            "import modal.exception\nfrom modal.gpu import A100", False, True, id="parts of it"
        ),
    ],
)
def test_the_real_modal_is_used_where_it_serves(
    tmp_path: Path, source: str, installed: bool, stands_in: bool
) -> None:
    """The stand-in comes in only when Modal is missing or no longer has a name the file uses."""
    module = imported(tmp_path, source, installed=installed)

    assert isinstance(module, StandInModule) == stands_in
