"""What the stand-in for Modal does, and what it takes without a word."""

from __future__ import annotations

import importlib.util
import queue
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poecli.hosting.sandbox.modal import classes
from poecli.hosting.sandbox.modal.calls import NotPlayed
from poecli.hosting.sandbox.modal.standin import StandInModule, modal_hint

BOTS = Path(__file__).parent / "bots"
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
        "modal.Image.debian_slim().run_function(print).pip_install('x').env({'A': '1'})",
        "modal.Sandbox.create('a') | None",
        "modal.Sandbox[int]",
        "~modal.FilePatternMatcher('**/*.py')",
        "modal.Cron('0 0 * * *')",
        "modal.App.lookup('a', create_if_missing=True)",
        "modal.Function.from_name('other', 'f').with_options(gpu='T4')",
        "modal.Cls.from_name('other', 'Model').with_options(gpu='T4')()",
        "modal.__version__",
    ],
)
def test_what_only_counts_on_modals_machines_is_accepted(text: str) -> None:
    """Nothing of Modal's vocabulary fails; none of it does anything here."""
    assert eval(text, {"modal": modal}) is not None  # noqa: S307 - the row is the code


def run(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An author's module, run with the stand-in."""
    spec = importlib.util.spec_from_file_location(name, BOTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "modal", modal)
    monkeypatch.setitem(sys.modules, "modal.exception", StandInModule("modal.exception"))
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The author's module with functions and classes."""
    return run("modal_things", monkeypatch)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The author's module with every way to call."""
    yield run("modal_calls", monkeypatch)
    classes.leave_all()


def test_a_function_runs_here_whichever_way_it_is_called(things: Any) -> None:
    """local, remote, map and a plain call give the function's result."""
    assert [things.double.local(1), things.double.remote(2), things.double(3)] == [2, 4, 6]
    assert [*things.double.map([4, 5])] == [8, 10]
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


def test_a_dict_hands_out_copies() -> None:
    """As Modal does: a list that is changed must be put back."""
    kept = modal.Dict.from_name("test-copies")
    kept["a"] = [1]

    kept["a"].append(2)

    assert (kept["a"], [*kept.items()]) == ([1], [("a", [1])])
    assert (kept.put("a", 2, skip_if_exists=True), kept.get("a")) == (False, [1])


async def test_a_queue_is_kept_by_name() -> None:
    """First in, first out, in each partition; sync and async."""
    one, two = (modal.Queue.from_name("test-queue") for _ in range(2))

    one.put_many([1, 2, 3])
    await two.put.aio(4, partition="p")

    assert [item async for item in two.iterate.aio()] == [1, 2, 3]
    assert (one.len(), one.len(total=True), two.get(), await one.get.aio()) == (3, 4, 1, 2)
    assert (one.get_many(9), one.get(block=False), one.get(partition="p")) == ([3], None, 4)
    with pytest.raises(queue.Empty):
        await one.get.aio(timeout=0.01)


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


def test_an_exception_of_modals_is_one_class() -> None:
    """Wherever it is named; all have one base."""
    by_part = StandInModule("modal.exception").NotFoundError

    assert by_part is modal.exception.NotFoundError is modal.NotFoundError
    assert issubclass(by_part, modal.Error)


async def test_each_way_to_call_gives_the_result(calls: Any) -> None:
    """Plain and asynchronous functions and generators, waited for and awaited."""
    given = [f.remote(2) for f in (calls.double, calls.later)]
    given += [await f.remote.aio(2) for f in (calls.double, calls.later)]
    given += [f.spawn(2).get() for f in (calls.double, calls.later)]
    given += [await (await f.spawn.aio(2)).get.aio() for f in (calls.double, calls.later)]
    assert given == [4] * 8
    for f in (calls.count, calls.count_later):
        assert [*f.remote_gen(3)] == [item async for item in f.remote_gen.aio(3)] == [0, 1, 2]
    for f in (calls.double, calls.later):
        assert [*f.map([1, 2])] == [item async for item in f.map.aio([1, 2])] == [2, 4]
        assert [*f.starmap([(1,), (2,)])] == [2, 4]


def test_a_spawned_call_is_known_by_its_id(calls: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What it raises comes out where the result is asked for, and in the log for nobody."""
    call = calls.fails.spawn()

    with pytest.raises(ValueError, match="out of cheese"):
        modal.FunctionCall.from_id(call.object_id).get(timeout=5)
    assert "out of cheese" in capsys.readouterr().err
    assert modal.FunctionCall.gather(calls.double.spawn(1), calls.later.spawn(2)) == [2, 4]
    waited_for = modal.Queue.new()
    waiting = modal.App("a").function()(waited_for.get).spawn()
    with pytest.raises(TimeoutError):
        waiting.get(timeout=0)
    waited_for.put("done")
    assert waiting.get(timeout=5) == "done"


async def test_enter_and_exit_run_once_an_object(
    calls: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Base classes first, what refines one in its place; exits when the process ends."""
    model = calls.Model(size=3)

    assert [await model.ask.remote.aio(2), model.ask.local(2)] == [6, 6]
    assert [item async for item in model.stream.remote_gen.aio(2)] == [0, 3]
    assert calls.ORDER == ["base", "refined", "own"]

    classes.leave_all()
    classes.leave_all()
    assert calls.ORDER[3:] == ["closed", "left"]
    assert "no way out" in capsys.readouterr().err


def test_pythons_own_protocol_enters_as_until_2024(calls: Any) -> None:
    """``__enter__`` and ``__exit__`` of a class given to Modal."""
    assert calls.Older().ask.remote() == ["entered"]
    classes.leave_all()
    assert calls.ORDER == ["entered", "exited"]


async def test_what_is_looked_up_by_name_is_found_in_the_file(calls: Any) -> None:
    """Functions and classes of this bot's own apps, also before they are defined."""
    assert await modal.Function.from_name("calls", "double").remote.aio(2) == 4
    assert modal.Function.lookup("calls", "later").remote(2) == 4
    model = modal.Cls.from_name("calls", "Model").with_options(gpu="T4")(size=2)
    assert await model.ask.remote.aio(2) == 4
    assert calls.Model.with_options(gpu="T4")(size=2).ask.remote(3) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modal.Function.from_name('a', 'f').remote()", "'f' of Modal's app 'a'"),
        ("modal.Cls.from_name('a', 'C')().go.remote()", "'C.go' of Modal's app 'a'"),
        ("modal.FunctionCall.from_id('fc-0')", "'fc-0'"),
        ("len(modal.Sandbox.create())", "'Anything'"),
        ("modal.Volume.from_name('v') + 1", "'Volume'"),
    ],
)
def test_what_is_not_played_says_so(text: str, said: str) -> None:
    """With the way to the real Modal."""
    with pytest.raises((NotPlayed, TypeError)) as caught:
        eval(text, {"modal": modal})  # noqa: S307 - the row is the code
    assert said in str(caught.value)
    assert 'allow_hosts = ["modal.com"]' in modal_hint(caught.value)


def test_a_failure_in_an_imports_block_is_no_failure_here() -> None:
    """As with Modal: a missing package is silent, anything else is a warning."""
    with pytest.warns(UserWarning, match="no GPU"), modal.Image.debian_slim().imports():
        raise RuntimeError("no GPU")


async def test_what_is_accepted_can_be_awaited() -> None:
    """Volumes, sandboxes and their like have async forms."""
    volume = modal.Volume.from_name("v")
    await volume.commit.aio()
    async with modal.Sandbox.create() as sandbox:
        assert [line async for line in sandbox.stdout] == []
