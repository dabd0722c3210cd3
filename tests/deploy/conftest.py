"""A cloud for the tests that deploy to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.cloud import Cloud, a_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One for all tests of a file."""
    with a_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running
