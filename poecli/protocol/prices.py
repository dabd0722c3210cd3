"""Prices: milli-cents of a US dollar, and what users read, points.

In rate_card and cost_label the tag ``[usd_milli_cents=N]`` is shown as points:
https://creator.poe.com/docs/server-bots/poe-bot-monetization-api-documentation
"""

from __future__ import annotations

import re

PRICE_TAG = re.compile(r"\[usd_milli_cents=(\d+)\]")
# Seen on rate cards of 2026: "3334 ($0.10)". Poe promises no rate, and it may differ by user.
_MILLI_CENTS_PER_POINT = 3
_MILLI_CENTS_PER_DOLLAR = 100_000


def points(milli_cents: int) -> int:
    """About how many points a price is, rounded up as Poe was seen to do."""
    return -(-milli_cents // _MILLI_CENTS_PER_POINT)


def dollars(milli_cents: int) -> str:
    """A price in US dollars."""
    return f"${milli_cents / _MILLI_CENTS_PER_DOLLAR:.5f}"


def with_points(text: str) -> str:
    """A text with its price tags as users read them, about."""
    return PRICE_TAG.sub(lambda tag: f"~{points(int(tag[1])):,}", text)
