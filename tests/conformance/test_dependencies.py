from __future__ import annotations

from collections import Counter

import pytest

from poecli.conformance.dependencies import UpstreamCalls

DECLARED = {"server_bot_dependencies": {"A": 1}}


@pytest.mark.parametrize(
    ("calls", "rules"),
    [
        (UpstreamCalls(), []),
        (UpstreamCalls(made=Counter(A=3)), []),
        (UpstreamCalls(refused={"B": 0}), ["dependency-undeclared"]),
        (UpstreamCalls(made=Counter(A=1), refused={"A": 1}), ["dependency-exceeded"]),
    ],
    ids=["none", "declared", "undeclared", "too often"],
)
def test_refused_calls_are_faults(calls: UpstreamCalls, rules: list[str]) -> None:
    """What the local Poe would not let through, Poe will not either."""
    assert [finding.rule for finding in calls.run(DECLARED).findings] == rules


def test_a_bot_that_was_not_called_proves_nothing() -> None:
    """Another question might lead to the call, so an idle declaration is no fault."""
    run = UpstreamCalls().run(DECLARED)
    assert "A" in run.untested["dependency-unused"]
    assert "dependency-unused" in UpstreamCalls(made=Counter(A=1)).run(DECLARED).tested
