"""The pytest plugin: `poe_bot`, `poe_dev`, `start_poe_dev`, and ``*.chat.toml`` files as tests.

pytest loads this in every run on a machine that has poecli, so that nothing else is imported
until a test needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from poecli.testing.chat_items import ChatTests
    from poecli.testing.served import LazyServer, PoeBot, PoeDev, StartPoeDev

_MARKS = ("poe.toml", "main.py", "app.py", "bot.py", "modal_app.py")
_SERVED: pytest.StashKey[dict[Path, LazyServer]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``poe_target`` in the configuration file says which bot is tested, ``poe_python`` on what."""
    words = "the bot that poe_dev serves: a folder, file.py or module:name"
    parser.addini("poe_target", words, default="")
    words = "the bot's Python: a program, an environment's folder or a version (default: pytest's)"
    parser.addini("poe_python", words, default="")
    parser.getgroup("poe").addoption("--poe-python", metavar="PYTHON", default="", help=words)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ChatTests | None:
    """Take the conversations."""
    if not file_path.name.endswith(".chat.toml") or not _belongs_to_a_bot(file_path):
        return None
    from poecli.testing.chat_items import ChatTests  # noqa: PLC0415 - see the top of the file

    tests = ChatTests.from_parent(parent, path=file_path)
    tests.served = _starter(parent.config, file_path.parent)
    return tests


def _belongs_to_a_bot(file: Path) -> bool:
    """Whether it is in the tests of a project of ours: other tools may use the name for their own.

    A folder ``tests`` with a poe.toml or a bot's customary file beside it.
    """
    for folder in file.parents:
        if folder.name == "tests":
            beside = (folder.parent / name for name in _MARKS)
            return any(path.is_file() for path in beside)
    return False


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server, if a test started it."""
    for served in config.stash.get(_SERVED, {}).values():
        served.stop()


@pytest.fixture(scope="module")
def poe_dev(request: pytest.FixtureRequest) -> PoeDev:
    """The project's bots beside a local Poe: url, base_url, bots (url by name), bot(name).

    One server for all tests of a project; a repository may hold several.
    """
    return _told(_starter(request.config, request.path.parent))


@pytest.fixture(scope="module")
def start_poe_dev(request: pytest.FixtureRequest) -> Iterator[StartPoeDev]:
    """What starts one more server; called with flags of `poe dev`, as ("--balance", "0")."""
    from poecli.testing.served import LazyServer  # noqa: PLC0415 - see the top of the file

    with ExitStack() as stack:

        def start(*flags: str) -> PoeDev:
            config = request.config
            served = LazyServer(*_place(config, request.path.parent), _python(config), flags)
            stack.callback(served.stop)
            return _told(served.get)

        yield start


@pytest.fixture
def poe_bot(poe_dev: PoeDev, request: pytest.FixtureRequest) -> PoeBot:
    """A new conversation with the project's first bot: ask(text, attachments=, parameters=)."""
    return poe_dev.bot(folder=request.path.parent)


def _told(start: Callable[[], PoeDev]) -> PoeDev:
    """The server; a bot that can't be loaded fails the test in the words of `poe dev`."""
    from poecli.errors import PoeCliError  # noqa: PLC0415 - see the top of the file
    from poecli.testing.chat_items import error_text  # noqa: PLC0415 - see the top of the file

    try:
        return start()
    except PoeCliError as error:
        return pytest.fail(error_text(error), pytrace=False)


def _place(config: pytest.Config, start: Path) -> tuple[str, Path]:
    """What is served, and where poe.toml is looked for: the nearest project above a test."""
    target = str(config.getini("poe_target"))
    for folder in () if target else (start, *start.parents):
        if any((folder / name).is_file() for name in _MARKS):
            return "", folder
        if folder == config.rootpath:
            break
    return target, config.rootpath


def _python(config: pytest.Config) -> str:
    """--poe-python, from where pytest was started, or poe_python, from the configuration's folder.

    A server is started in its project's folder, so that a path must not depend on it.
    """
    typed = str(config.getoption("--poe-python"))
    value = typed or str(config.getini("poe_python"))
    path = (config.invocation_params.dir if typed else config.rootpath) / value
    return str(path) if value and path.exists() else value


def _starter(config: pytest.Config, start: Path) -> Callable[[], PoeDev]:
    def started() -> PoeDev:
        from poecli.testing.served import LazyServer  # noqa: PLC0415 - see the top of the file

        target, root = _place(config, start)
        server = LazyServer(target, root, _python(config))
        return config.stash.setdefault(_SERVED, {}).setdefault(root, server).get()

    return started
