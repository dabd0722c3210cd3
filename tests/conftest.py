"""For every test: what steers this run stays out of the pytest runs that tests start."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import warm_python
from tests.quick import PURE

_RUN = os.getpid()
# Not measured when coverage is, nor what they start: their lines are held by others, all but a few
# dozen of 40,000 (a run with a context for each file said so), and they take a third of the time.
_NOT_MEASURED = (
    "tests/commands/test_dev.py",
    "tests/commands/test_dev_python.py",
    "tests/emulator/test_guide.py",
    "tests/emulator/test_kill.py",
    "tests/hosting/test_samples.py",
    "tests/playground/test_page_local.py",
    "tests/protocol/test_foreign_json.py",
    "tests/scaffolds/",
    "tests/terminal/test_foreign.py",
    "tests/test_architecture.py",
    "tests/test_readme_ci.py",
    "tests/upgrade/test_guide.py",
)

_LONGEST = ("tests/playground/test_page", "tests/scaffolds/test_served")

# On a busy machine a deadline or a complaint about slow generation measures the machine.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("unhurried")

# A shell without job control lets what runs in its background ignore Ctrl-C, and children inherit
# it; the tests that press Ctrl-C need the handler that a terminal's programs have.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# `nohup` has all that it starts ignore a hang-up, at which `poe serve` takes new files.
if os.name == "posix" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure(config: pytest.Config) -> None:
    """Let xdist take the files in our order; its own ends with the files of a single long test."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest first, those that start no process last, so that all end at once.

    Between them in no order that means something: files of one folder wait for the same things,
    and while all of them wait the cores do nothing.
    """
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, bool, int]:
    file = item.nodeid.partition("::")[0]
    return file.startswith(PURE), not file.startswith(_LONGEST), zlib.crc32(file.encode())


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
    if not item.get_closest_marker("unmeasured"):
        return (yield)
    with _untraced():
        return (yield)


@contextmanager
def _untraced() -> Iterator[None]:
    """Without a tracer, here and in the threads that are started meanwhile."""
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)


def pytest_sessionstart() -> None:
    """Before xdist starts its workers."""
    # Each HTTP client that a test, a poe or a bot makes reads the certificates of all authorities
    # there are, which takes longer than most of what it is made for; on loopback none is needed.
    os.environ.setdefault("SSL_CERT_FILE", str(Path(__file__).with_name("authority.pem")))
    os.environ.pop("PYTHONUNBUFFERED", None)  # a user's streams are buffered
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
def _coverage(request: pytest.FixtureRequest, _this_run: str | None) -> Iterator[None]:
    """In this process and in those that the tests of a file start, or in none of them."""
    if not _this_run:
        yield
    elif request.node.nodeid.startswith(_NOT_MEASURED):
        with _untraced():
            yield
    else:
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
