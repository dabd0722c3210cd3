from __future__ import annotations

from collections import Counter

import pytest

from poecli.conformance.dependencies import UpstreamCalls

DECLARED = {"server_bot_dependencies": {"A": 1}}
SOUND = {
    "none": (UpstreamCalls(), None),
    "declared": (UpstreamCalls(made=Counter(A=3)), None),
    "called by a line that was not reached": (UpstreamCalls(), {"A"}),
    "called in a way that the source does not name": (UpstreamCalls(made=Counter(A=1)), set()),
}
# rule -> (the calls that were seen, the bots that the source calls)
BROKEN: dict[str, tuple[UpstreamCalls, set[str] | None]] = {
    "dependency-undeclared": (UpstreamCalls(refused={"B": 0}), None),
    "dependency-exceeded": (UpstreamCalls(made=Counter(A=1), refused={"A": 1}), None),
    "dependency-unused": (UpstreamCalls(), {"B"}),
}


@pytest.mark.parametrize(("calls", "named"), SOUND.values(), ids=SOUND)
def test_sound_calls_show_nothing(calls: UpstreamCalls, named: set[str] | None) -> None:
    """What is declared may be called, and what was not called may be called another time."""
    assert calls.run(DECLARED, named).findings == ()


@pytest.mark.parametrize("rule", BROKEN)
def test_each_fault_is_found_by_its_rule(rule: str) -> None:
    """What the local Poe would not let through, Poe will not either."""
    calls, named = BROKEN[rule]
    assert [finding.rule for finding in calls.run(DECLARED, named).findings] == [rule]


ANY = {"server_bot_dependencies": {"any": 2}}


def test_any_bot_may_be_called_and_need_not_be() -> None:
    """The wildcard of an old sample names nobody that could be missed."""
    for calls in (UpstreamCalls(), UpstreamCalls(made=Counter(A=2))):
        assert calls.run(ANY, set()).findings == ()
    exceeded = UpstreamCalls(made=Counter(A=2), refused={"A": 2}).run(ANY, None)
    assert [finding.rule for finding in exceeded.findings] == ["dependency-exceeded"]


@pytest.mark.parametrize("named", [None, {"A"}], ids=["not told", "called"])
def test_a_bot_that_was_not_called_proves_nothing(named: set[str] | None) -> None:
    """Another question might lead to the call, so an idle declaration is no fault."""
    run = UpstreamCalls().run(DECLARED, named)
    assert "A" in run.untested["dependency-unused"]
    assert "dependency-unused" in UpstreamCalls(made=Counter(A=1)).run(DECLARED, named).tested
