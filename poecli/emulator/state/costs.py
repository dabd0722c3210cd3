"""Costs that a bot charges its user: authorize first, capture after, against a local balance.

Amounts are whole milli-cents of a US dollar; fractions are rounded up, as fastapi_poe does.
https://creator.poe.com/docs/creator-monetization
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DEFAULT_BALANCE = 1_000_000  # ten dollars


class BadCostRequest(ValueError):
    """The body of a cost request can't be used; the text is fit to be sent back."""


def total_amount(body: Any) -> int:
    """The sum of a cost request's amounts. Raises BadCostRequest."""
    amounts = body.get("amounts") if isinstance(body, Mapping) else None
    if not isinstance(amounts, list) or not amounts:
        raise BadCostRequest("amounts must be a list of at least one cost item")
    return sum(_amount(item) for item in amounts)


def _amount(item: Any) -> int:
    value = item.get("amount_usd_milli_cents") if isinstance(item, Mapping) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise BadCostRequest("amount_usd_milli_cents must be a number")
    if value < 0:
        raise BadCostRequest("amount_usd_milli_cents must be 0 or more")
    return math.ceil(value)


class Balance:
    """What the user can still pay. An authorized amount is held until its query captures it."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self._held: dict[str, int] = {}

    def authorize(self, query_id: str, amount: int) -> bool:
        """Hold an amount for a query; False when the balance does not cover it."""
        if amount > self._free():
            return False
        self._held[query_id] = self._held.get(query_id, 0) + amount
        return True

    def capture(self, query_id: str, amount: int) -> bool:
        """Take an amount, from what was held first; False when the balance does not cover it."""
        held = self._held.get(query_id, 0)
        if amount > self._free() + held:
            return False
        self.amount -= amount
        if rest := max(0, held - amount):
            self._held[query_id] = rest
        else:
            self._held.pop(query_id, None)
        return True

    def release(self, query_id: str) -> None:
        """The query is over: what it held and never took is free again."""
        self._held.pop(query_id, None)

    def _free(self) -> int:
        return self.amount - sum(self._held.values())
