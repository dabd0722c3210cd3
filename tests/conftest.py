"""For every test: what steers this run stays out of the pytest runs that tests start."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _options_of_this_run() -> None:
    """.ci/run asks for coverage by PYTEST_ADDOPTS; a created project's own tests have none."""
    os.environ.pop("PYTEST_ADDOPTS", None)
