"""Saves under streaming load, scaled down; `python -m tests.benchmarks.saves` is the full size."""

from __future__ import annotations

from pathlib import Path

from tests.devserver.streaming import saves_under_streams


async def test_no_answer_is_lost_cut_or_mixed(tmp_path: Path) -> None:
    """Twenty saves, two of them broken, under five streams: every answer is whole."""
    result = await saves_under_streams(tmp_path, saves=20, clients=5, seconds=1.0, pause=0.2)
    assert result.faulty == []
    assert result.whole >= 5
    # Five generations, two forks on their way, the fork server and who stands for it, poe.
    assert result.most_processes <= 10
    assert result.all_gone
