"""Amounts as a person reads them."""

from __future__ import annotations

_SECOND_MS = 1000


def took(ms: float) -> str:
    """A duration."""
    return f"{ms / _SECOND_MS:.1f} s" if ms >= _SECOND_MS else f"{ms:.0f} ms"


def counted(count: int, thing: str) -> str:
    """How many there are: "1 call", "2 calls"."""
    return f"{count} {thing}" + "s" * (count != 1)
