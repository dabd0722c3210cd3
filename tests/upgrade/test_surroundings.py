"""What the files beside one have to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.upgrade.surroundings import Surroundings

FILES = {
    "main.py": "import helper\nfrom tools.text import words\nimport json\n",
    "helper.py": "import deeper\nfrom main import stub, other\n",
    "deeper.py": "import helper\n",
    "unused.py": "import main\n",
    "tools/__init__.py": "",
    "tools/text.py": "words = 1\n",
    "broken.py": "def f(:\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_modules_are_found_by_what_imports_them(folder: Path) -> None:
    """Those of others too; what nobody imports, and what is installed, is none of them."""
    around = Surroundings.of(folder / "main.py")

    assert around.modules == {"helper", "deeper", "tools"}
    assert around.wanted == {"stub", "other"}


def test_a_package_goes_to_modal_as_a_whole(folder: Path) -> None:
    """Its modules need no naming; what others import from it still counts."""
    (folder / "__init__.py").write_text("")

    assert Surroundings.of(folder / "main.py").modules == set()
    assert Surroundings.of(folder / "main.py").wanted == {"stub", "other"}
