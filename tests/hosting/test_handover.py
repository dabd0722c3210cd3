"""What the gateway hands over, the worker takes off again: the bot sees what the client sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.hosting.serving.handover import Handover, hand_over, taken_over

NAMES = st.sampled_from(
    [b"Host", b"Connection", b"Content-Length", b"TE", b"X-Odd", b"expect", b"Cookie"]
)
HEADERS = st.lists(st.tuples(NAMES, st.binary(max_size=8)))
ADDRESSES = st.none() | st.tuples(st.sampled_from(["127.0.0.1", "::1"]), st.integers(0, 65535))


@given(HEADERS, st.none() | st.integers(1), ADDRESSES, ADDRESSES)
def test_the_way_there_and_back_loses_nothing(
    headers: list[tuple[bytes, bytes]],
    turn: int | None,
    client: tuple[str, int] | None,
    server: tuple[str, int] | None,
) -> None:
    """Every header in its place, and what came beside them; the length on the way is ours."""
    sent = [*hand_over(headers, Handover(turn, client, server)), (b"Content-Length", b"7")]
    assert taken_over(sent) == (
        [(name.lower(), value) for name, value in headers],
        Handover(turn, client, server),
    )


@pytest.mark.parametrize("name", [b"X-Poe-Dev-Turn", b"x-poe-dev-client", b"X-POE-DEV-H-Host"])
def test_a_client_can_forge_none_of_it(name: bytes) -> None:
    """Its own headers under the prefix end at the gateway."""
    sent = hand_over([(name, b"9.9.9.9 9"), (b"Host", b"h")], Handover(1))
    assert taken_over(sent) == ([(b"host", b"h")], Handover(1))


def test_without_a_gateway_headers_are_as_they_came() -> None:
    """A worker that is asked directly hides nothing."""
    assert taken_over([(b"Host", b"h"), (b"Content-Length", b"1")]) == (
        [(b"host", b"h"), (b"content-length", b"1")],
        None,
    )
