"""A project's Python with another fastapi_poe, from a uv that installs what is on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from poecli.config.python.interpreter import own_interpreter
from poecli.errors import UsageError
from poecli.local.sdk_environments import NEWEST, SdkEnvironments
from tests.fake_uv import fake_uv

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv is a script")

Make = Callable[..., SdkEnvironments]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Environments whose uv is a script; without it on PATH nothing can be installed."""
    programs = fake_uv(tmp_path / "programs")

    def environments(*, offline: bool = False) -> SdkEnvironments:
        path = "/nowhere" if offline else str(programs)
        return SdkEnvironments(own_interpreter(), tmp_path / "cache", {"PATH": path})

    return environments


def test_a_version_comes_before_the_projects_packages(make: Make, tmp_path: Path) -> None:
    """It is another fastapi_poe, and all the rest is the project's: also where to install more."""
    own = own_interpreter()

    with make().with_sdk("0.0.60") as tried:
        assert (tried.version, tried.newer) == ("0.0.60", ())
        assert tried.interpreter.version == own.version
        assert tried.interpreter.install_line("httpx") == own.install_line("httpx")

    # Nothing is left but what was downloaded, by its version and that of Python.
    minor = ".".join(map(str, sys.version_info[:2]))
    assert not tried.interpreter.prefix.exists()
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [f"0.0.60-python{minor}"]


def test_the_newest_is_kept_as_the_version_that_it_is(make: Make) -> None:
    """And as such it needs no network, nor uv or pip, when it is tried again."""
    with make().with_sdk(NEWEST) as tried:
        assert tried.version == "0.0.99"
    with make(offline=True).with_sdk("0.0.99") as tried:
        assert tried.version == "0.0.99"


def test_what_a_version_requires_newer_is_installed_with_it(make: Make, tmp_path: Path) -> None:
    """And is said: the project's packages are not what would be deployed."""
    with make().with_sdk("0.0.61") as tried:
        assert tried.newer == ("httpx>=99",)
        assert "-with-what-it-requires" in "".join(
            each.name for each in (tmp_path / "cache").iterdir()
        )


def test_a_cache_that_cannot_be_written_is_not_needed(make: Make, tmp_path: Path) -> None:
    """A read-only home, say."""
    (tmp_path / "cache").write_text("a file")

    with make().with_sdk("0.0.60") as tried:
        assert tried.version == "0.0.60"


def test_a_version_that_does_not_exist(make: Make) -> None:
    """In words, and nothing of it is kept."""
    says = r"There is no fastapi_poe 0\.0\.98"
    with pytest.raises(UsageError, match=says), make().with_sdk("0.0.98"):
        pass
