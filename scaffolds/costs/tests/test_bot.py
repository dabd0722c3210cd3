from __future__ import annotations

import fastapi_poe as fp
import pytest

import main
from conftest import Ask


class Purse:
    """Stands for Poe's side of costs."""

    def __init__(self, balance: int) -> None:
        self.balance = balance
        self.captured = 0

    async def authorize(self, request: fp.QueryRequest, cost: fp.CostItem) -> None:
        if cost.amount_usd_milli_cents > self.balance:
            raise fp.InsufficientFundError

    async def capture(self, request: fp.QueryRequest, cost: fp.CostItem) -> None:
        self.captured += cost.amount_usd_milli_cents


@pytest.mark.parametrize(
    ("balance", "text", "captured"), [(2000, "three two one", 60), (1999, "", 0)]
)
def test_an_answer_is_paid_for_or_not_given(
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    balance: int,
    text: str,
    captured: int,
) -> None:
    purse = Purse(balance)
    monkeypatch.setattr(main.bot, "authorize_cost", purse.authorize)
    monkeypatch.setattr(main.bot, "capture_cost", purse.capture)
    answer = ask("one two three")
    assert (answer.text, purse.captured) == (text, captured)
    errors = [error["error_type"] for error in answer.of("error")]
    assert errors == ([] if text else ["insufficient_fund"])
