"""For every test: what steers this run stays out of the pytest runs that tests start."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import warm_python
from tests.quick import PURE

_RUN = os.getpid()
# Where the processes that a test starts are not measured when coverage is: what created projects
# run, what the README shows and what a TAB starts is held line by line in the other folders.
_NOT_MEASURED = ("tests/scaffolds/", "tests/test_readme", "tests/completion/")

# On a busy machine a deadline or a complaint about slow generation measures the machine.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("unhurried")

# A shell without job control lets what runs in its background ignore Ctrl-C, and children inherit
# it; the tests that press Ctrl-C need the handler that a terminal's programs have.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start no process come last: at the end no core waits for a long one."""
    items.sort(key=lambda item: item.nodeid.startswith(PURE))


def end_if_forked() -> None:
    """End a copy of this run, and the run: a copy would run the rest of the tests once more.

    A test that forks and whose child comes back into pytest doubled the processes with each such
    test, until the machine was out of memory.
    """
    if os.getpid() == _RUN:
        return
    sys.stderr.write(f"tests/conftest.py: a test forked this run ({_RUN}); both end here.\n")
    sys.stderr.flush()
    os.kill(_RUN, signal.SIGTERM)
    os._exit(70)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """After each phase of a test, passed or failed, before anything else is done with it."""
    end_if_forked()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Without coverage's tracer where the same lines are run a thousand times over.

    pytest-cov's own no_cover starts coverage anew after each such test, which takes as long again.
    """
    tracer = sys.gettrace() if item.get_closest_marker("unmeasured") else None
    if tracer is None:
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def pytest_sessionstart() -> None:
    """Before xdist starts its workers."""
    # Each HTTP client that a test, a poe or a bot makes reads the certificates of all authorities
    # there are, which takes longer than most of what it is made for; on loopback none is needed.
    os.environ.setdefault("SSL_CERT_FILE", str(Path(__file__).with_name("authority.pem")))
    warm_python.start()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests and modules stay to the end: no search for garbage is to look through them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _this_run() -> str | None:
    """What coverage says to the processes below, if .ci/run asks for it by PYTEST_ADDOPTS.

    A created project's own tests have none.
    """
    os.environ.pop("PYTEST_ADDOPTS", None)
    return os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(scope="module", autouse=True)
def _coverage_of_processes(request: pytest.FixtureRequest, _this_run: str | None) -> Iterator[None]:
    if _this_run and not request.node.nodeid.startswith(_NOT_MEASURED):
        os.environ[warm_python.MEASURED] = _this_run
    yield
    os.environ.pop(warm_python.MEASURED, None)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Before what was measured is combined: a killed process leaves a file that none can read.

    Coverage keeps such a file, and complains of it each time that it combines or reports.
    """
    try:
        done = yield
    finally:
        warm_python.end()
    measured = list(session.config.rootpath.glob(".coverage.*"))
    if measured and not hasattr(session.config, "workerinput"):
        from coverage import CoverageData, CoverageException  # noqa: PLC0415 - a third of a second

        for file in measured:
            try:
                CoverageData(str(file)).read()
            except CoverageException:
                file.unlink()
    return done
