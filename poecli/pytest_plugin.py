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
    from poecli.testing.served import PoeBot, PoeDev, Served, StartPoeDev

_SERVED: pytest.StashKey[Served] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``poe_target`` in the configuration file says which bot is tested."""
    words = "the bot that poe_dev serves: a folder, file.py or module:name"
    parser.addini("poe_target", words, default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ChatTests | None:
    """Take the conversations."""
    if not file_path.name.endswith(".chat.toml"):
        return None
    from poecli.testing.chat_items import ChatTests  # noqa: PLC0415 - see the top of the file

    tests = ChatTests.from_parent(parent, path=file_path)
    tests.served = _starter(parent.config)
    return tests


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server, if a test started it."""
    served = config.stash.get(_SERVED, None)
    if served is not None:
        served.stop()


@pytest.fixture(scope="session")
def poe_dev(pytestconfig: pytest.Config) -> PoeDev:
    """The project's bots beside a local Poe: url, base_url, bots (url by name), bot(name)."""
    return _told(_starter(pytestconfig))


@pytest.fixture(scope="session")
def start_poe_dev(pytestconfig: pytest.Config) -> Iterator[StartPoeDev]:
    """What starts one more server; called with flags of `poe dev`, as ("--balance", "0")."""
    from poecli.testing.served import Served  # noqa: PLC0415 - see the top of the file

    with ExitStack() as stack:

        def start(*flags: str) -> PoeDev:
            served = Served(*_place(pytestconfig), flags)
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
    from poecli.testing.chat_items import told  # noqa: PLC0415 - see the top of the file

    try:
        return start()
    except PoeCliError as error:
        return pytest.fail(told(error), pytrace=False)


def _place(config: pytest.Config) -> tuple[str, Path]:
    """What is served, and where poe.toml is looked for."""
    return str(config.getini("poe_target")), config.rootpath


def _starter(config: pytest.Config) -> Callable[[], PoeDev]:
    def start() -> PoeDev:
        from poecli.testing.served import Served  # noqa: PLC0415 - see the top of the file

        return config.stash.setdefault(_SERVED, Served(*_place(config))).get()

    return start
