"""What the stand-in for Modal does, and what it takes without a word."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from poecli.hosting.modal_standin import StandInModule, take_mounts_elsewhere

THINGS = Path(__file__).parent / "bots" / "modal_things.py"
modal: Any = StandInModule("modal")


@pytest.mark.parametrize(
    "text",
    [
        "modal.Image.debian_slim(python_version='3.12').pip_install('x').run_commands('y')",
        "modal.Image.from_registry('x').env({'A': None}).copy_local_file('x')",
        "modal.Mount.from_local_dir('.', remote_path='/root')",
        "modal.Volume.from_name('v', create_if_missing=True).commit()",
        "modal.NetworkFileSystem.persisted('n')",
        "modal.Secret.from_name('s', required_keys=['A'])",
        "modal.gpu.A100(count=2)",
        "modal.Period(days=1)",
        "modal.App('a').include(modal.App('b'))",
        "modal.Stub('a').run()",
        "modal.forward(8000).__enter__()",
        "[x for x in modal.Queue.from_name('q').iterate()]",
    ],
)
def test_what_only_counts_on_modals_machines_is_accepted(text: str) -> None:
    """Nothing of Modal's vocabulary fails; none of it does anything here."""
    assert eval(text, {"modal": modal}) is not None  # noqa: S307 - the row is the code


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The author's module with functions and classes, run with the stand-in."""
    spec = importlib.util.spec_from_file_location("modal_things", THINGS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "modal", modal)
    spec.loader.exec_module(module)
    return module


def test_a_function_runs_here_whichever_way_it_is_called(things: Any) -> None:
    """local, remote, map and a plain call give the function's result."""
    assert [things.double.local(1), things.double.remote(2), things.double(3)] == [2, 4, 6]
    assert things.double.map([4, 5]) == [8, 10]
    assert things.double.__name__ == "double"
    assert things.main() == "entry"


async def test_aio_awaits(things: Any) -> None:
    """The .aio form of a call is awaitable, for plain and for async functions."""
    assert await things.double.remote.aio(1) == 2
    assert await things.later.remote.aio() == "later"


def test_secrets_and_images_set_the_environment(
    things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables are there once the function runs; a stronger one wins, an empty one is none."""
    for name in things.NAMES:
        monkeypatch.setenv(name, "before")

    assert things.read.local() == ["app", "image", "before", "before"]


def test_a_secret_can_come_from_a_dotenv_file(tmp_path: Path) -> None:
    """A folder or a file may be named."""
    (tmp_path / ".env").write_text("MODAL_C=dotenv\n")

    by_folder = modal.Secret.from_dotenv(str(tmp_path))
    by_file = modal.Secret.from_dotenv(str(tmp_path / ".env"))

    assert by_folder.environment == by_file.environment == {"MODAL_C": "dotenv"}


async def test_a_dict_is_kept_by_name() -> None:
    """Two looks at one name see the same values, sync and async."""
    one = modal.Dict.from_name("test-kept", create_if_missing=True)
    two = modal.Dict.from_name("test-kept")

    one["a"] = 1
    await two.put.aio("b", 2)

    assert (two["a"], one.get("b"), "a" in one, len(two)) == (1, 2, True, 2)
    assert (await two.get.aio("c", 3), one.contains("b")) == (3, True)


def test_a_class_enters_once_and_has_its_parameters(things: Any) -> None:
    """@enter runs before the first method, keywords replace the defaults of parameters."""
    model = things.Model(size=3)

    assert [model.tell.local(), model.tell.remote(), model.twice.remote()] == [3, 3, 6]
    assert things.Model().tell.remote() == 1
    assert things.ENTERED == [3, 1]


def test_an_exception_of_modals_can_be_caught() -> None:
    """Names that end as exceptions do are exception classes."""
    error = StandInModule("modal.exception").FunctionTimeoutError

    with pytest.raises(Exception, match="late"):
        raise error("late")


def test_what_python_asks_for_is_not_made_up() -> None:
    """Special attributes stay missing, so that hasattr() and inspect keep working."""
    assert not hasattr(modal, "__wrapped__")
    assert not hasattr(modal.Image, "__fspath__")
    assert not hasattr(modal.Volume(), "__len__")


INHERITS = """
import modal

image = modal.Image.debian_slim().pip_install("torch_that_is_not_here")
with image.imports():
    import torch_that_is_not_here
    loaded = True

app = modal.App("a")
order = []

class Base:
    @modal.enter()
    def open_it(self):
        order.append("base")

    @modal.enter()
    def refined(self):
        order.append("never")

class Middle(Base):
    @modal.enter()
    def refined(self):
        order.append("refined")

@app.cls(image=image)
class Model(Middle):
    @modal.enter()
    def load(self):
        order.append("own")

    @modal.method()
    def ask(self):
        return order
"""


def test_enter_methods_of_base_classes_run_and_imports_may_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Modal's container: bases first, what refines one in its place; once an object."""
    monkeypatch.setitem(sys.modules, "modal", modal)
    names: dict[str, Any] = {}
    exec(INHERITS, names)  # noqa: S102 - the author's module
    model = names["Model"]()
    assert model.ask.remote() == ["base", "refined", "own"]
    assert model.ask.remote() == ["base", "refined", "own"]
    assert "loaded" not in names


@pytest.mark.parametrize(
    "mount",
    [
        "modal.Image.debian_slim().add_local_dir('data', '/root/poe-data')",
        "modal.Image.debian_slim().add_local_file('data/a', remote_path='/root/poe-data')",
        "modal.Mount.from_local_dir('data', remote_path='/root/poe-data')",
    ],
)
def test_a_mount_that_is_elsewhere_here_is_remembered(mount: str) -> None:
    """So that the author can be told which path is only the container's."""
    eval(mount, {"modal": modal})  # noqa: S307 - the row is the code
    assert "/root/poe-data" in take_mounts_elsewhere()
