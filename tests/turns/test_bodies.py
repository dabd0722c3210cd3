"""Bodies of one conversation, each told as what was added to the one before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.turns.bodies import Chains, added_to, with_added

MESSAGES = [{"role": "user", "content": text} for text in "abcdefgh"]
A, B, C, D, E, F, G, H = MESSAGES


def body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"query": list(messages), **fields}


@pytest.mark.parametrize(
    ("base", "new", "added"),
    [
        pytest.param(
            body(A, B), body(A, B, C), {"runs": [[0, 2]], "request": {"query": [C]}}, id="one more"
        ),
        pytest.param(
            body(A, B), body(A, B), {"runs": [[0, 2]], "request": {"query": []}}, id="asked again"
        ),
        pytest.param(
            body(A, B, C, D), body(C, D, E), {"runs": [[2, 4]], "request": {"query": [E]}}, id="cut"
        ),
        pytest.param(
            body(A, B, C, D),
            body(A, D, E),
            {"runs": [[0, 1], [3, 4]], "request": {"query": [E]}},
            id="cut after the system prompt",
        ),
        pytest.param(
            body(A, B, C),
            body(A, H, C),
            {"runs": [[0, 1]], "request": {"query": [H, C]}},
            id="a message was edited",
        ),
        pytest.param(
            body(A, user="u", tools=[1]),
            body(A, B, user="u", bot="b"),
            {"runs": [[0, 1]], "request": {"bot": "b", "query": [B]}, "gone": ["tools"]},
            id="fields come and go",
        ),
        pytest.param(body(A), body(B), None, id="nothing shared"),
        pytest.param(body(A, x=1, y=1), {"y": 1, "x": 1, "query": [A]}, None, id="another order"),
        pytest.param({"query": "odd"}, body(A), None, id="no messages"),
    ],
)
def test_a_body_is_told_by_what_was_added(
    base: dict[str, Any], new: dict[str, Any], added: dict[str, Any] | None
) -> None:
    """Poe sends the whole conversation, cuts its oldest messages off, and users edit theirs."""
    assert added_to(base, new) == added


bodies = st.fixed_dictionaries(
    {"query": st.lists(st.sampled_from(MESSAGES), max_size=12)},
    optional={name: st.integers(0, 2) for name in ("message_id", "tools", "users")},
)


@given(st.lists(bodies, max_size=6))
def test_every_body_of_a_chain_comes_back(told: list[dict[str, Any]]) -> None:
    """Whatever the messages are, to the order of the fields."""
    chains, found = Chains(), dict[str, dict[str, Any]]()
    for number, sent in enumerate(told):
        line = chains.link(("c",), str(number), sent)
        base = found.get(line.get("on", ""))
        found[str(number)] = dict(line["request"]) if base is None else with_added(base, line)

    assert list(map(json.dumps, found.values())) == list(map(json.dumps, told))


@pytest.mark.parametrize("runs", [[[0, 3]], [[1, 1]], [[-1, 1]]])
def test_what_does_not_fit_its_base_is_refused(runs: list[list[int]]) -> None:
    """A journal that somebody changed gives no wrong conversation."""
    with pytest.raises(ValueError, match="the base has no messages"):
        with_added(body(A, B), {"runs": runs, "request": {"query": []}})


def test_what_has_not_gone_on_for_long_is_whole_again() -> None:
    """So many conversations, or so many bytes, are remembered; the newest always."""
    chains = Chains()
    for number in range(65):
        chains.link((str(number),), "x", body(A))
    assert "on" not in chains.link(("0",), "y", body(A, B))
    assert "on" in chains.link(("64",), "y", body(A, B))

    large = {"content": "x" * 9 * 2**20}
    chains.link(("65",), "x", body(large))
    assert "on" not in chains.link(("64",), "z", body(A, B, C))
    chains.link(("65",), "y", body(large, A))
    assert "on" in chains.link(("65",), "z", body(large, A, B))
