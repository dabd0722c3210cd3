"""A kill at any moment loses no turn that was answered, and the next start works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.emulator.killing import killed_once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


@pytest.mark.parametrize("whom", ["parent", "worker"])
async def test_every_answered_turn_is_on_disk_after_a_kill(whom: str, tmp_path: Path) -> None:
    """Twice in the same folder: the second start finds what the first one's kill left.

    ``python -m tests.benchmarks.emulator_kill`` does it a hundred times.
    """
    for seed in range(2):
        answered, lost = await killed_once(tmp_path, whom, seed)

        assert answered > 0
        assert lost == []
