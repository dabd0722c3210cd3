"""The pytest plugin: fixtures `poe_dev` and `poe_bot`, and ``*.chat.toml`` files as tests.

pytest loads this in every run on a machine that has poecli, so that nothing else is imported
until a test needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from poecli.testing.chat_items import ChatTests
    from poecli.testing.served import PoeBot, PoeDev, Served

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
    from poecli.errors import PoeCliError  # noqa: PLC0415 - see the top of the file
    from poecli.testing.chat_items import told  # noqa: PLC0415 - see the top of the file

    try:
        return _starter(pytestconfig)()
    except PoeCliError as error:
        return pytest.fail(told(error), pytrace=False)


@pytest.fixture
def poe_bot(poe_dev: PoeDev, request: pytest.FixtureRequest) -> PoeBot:
    """A new conversation with the project's first bot: ask(text, attachments=, parameters=)."""
    return poe_dev.bot(folder=request.path.parent)


def _starter(config: pytest.Config) -> Callable[[], PoeDev]:
    def start() -> PoeDev:
        from poecli.testing.served import Served  # noqa: PLC0415 - see the top of the file

        served = config.stash.setdefault(
            _SERVED, Served(str(config.getini("poe_target")), config.rootpath)
        )
        return served.get()

    return start
