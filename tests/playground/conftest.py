"""The page for all tests of a module, and what is held before each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.playground.browser import Open, opened_page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    async with opened_page(tmp_path_factory.mktemp("project")) as found:
        yield found


@pytest.fixture
def nothing_reported(opened: Open) -> None:
    opened.nothing_went_wrong()
