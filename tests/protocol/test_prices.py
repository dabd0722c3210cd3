"""Price tags as users read them."""

from __future__ import annotations

import pytest

from poecli.protocol.prices import with_points

TEXTS = [
    ("[usd_milli_cents=10000] points", "~3,334 points"),
    ("[usd_milli_cents=3]-[usd_milli_cents=4]", "~1-~2"),
    ("[usd_milli_cents=0]", "~0"),
    ("[usd_milli_cents=x] 5 points", "[usd_milli_cents=x] 5 points"),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS, ids=[row[0] for row in TEXTS])
def test_a_price_tag_is_shown_as_points(text: str, shown: str) -> None:
    """Rounded up; what is no tag stays."""
    assert with_points(text) == shown
