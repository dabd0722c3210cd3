"""Costs against the local balance."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.emulator.state.costs import BadCostRequest, Balance, total_amount


def items(*amounts: Any) -> dict[str, Any]:
    return {"amounts": [{"amount_usd_milli_cents": a, "description": "x"} for a in amounts]}


@pytest.mark.parametrize(
    ("body", "total"), [(items(5), 5), (items(1, 2), 3), (items(1.2), 2), (items(0), 0)]
)
def test_amounts_add_up_and_fractions_round_up(body: Any, total: int) -> None:
    """As fastapi_poe rounds them."""
    assert total_amount(body) == total


@pytest.mark.parametrize(
    "body",
    [None, {}, {"amounts": []}, {"amounts": [1]}, items("5"), items(-1), items([]), items(1e999)],
    ids=str,
)
def test_a_cost_that_is_none_is_refused(body: Any) -> None:
    """What Poe could not charge gets a reason."""
    with pytest.raises(BadCostRequest):
        total_amount(body)


STEPS: list[tuple[str, list[tuple[str, str, int, bool]], int]] = [
    ("captured without authorizing", [("capture", "a", 60, True)], 40),
    ("more than there is", [("capture", "a", 101, False)], 100),
    ("authorizing takes nothing", [("authorize", "a", 100, True)], 100),
    (
        "what is held is not there for others",
        [("authorize", "a", 80, True), ("capture", "b", 30, False)],
        100,
    ),
    (
        "what is held is there for its own",
        [("authorize", "a", 80, True), ("capture", "a", 80, True)],
        20,
    ),
    ("more than was held", [("authorize", "a", 50, True), ("capture", "a", 70, True)], 30),
    (
        "captured in parts",
        [
            ("authorize", "a", 50, True),
            ("capture", "a", 20, True),
            ("authorize", "b", 60, False),
            ("authorize", "b", 50, True),
        ],
        80,
    ),
    ("held twice", [("authorize", "a", 60, True), ("authorize", "a", 60, False)], 100),
]


@pytest.mark.parametrize(
    ("steps", "left"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_the_balance_covers_or_refuses(steps: list[tuple[str, str, int, bool]], left: int) -> None:
    """Each step works or not, and the balance ends where it should."""
    balance = Balance(100)

    assert [getattr(balance, kind)(query, amount) for kind, query, amount, _ in steps] == [
        worked for *_, worked in steps
    ]
    assert balance.amount == left


def test_a_query_that_is_over_holds_nothing() -> None:
    """An authorization ends with its answer."""
    balance = Balance(100)
    balance.authorize("a", 100)
    balance.release("a")

    assert balance.capture("b", 100)
