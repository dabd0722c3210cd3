"""What requests are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poecli.protocol.messages import IDENTIFIER, IdentifierTag, ProtocolMessage, identifier


@given(st.sampled_from(["m", "u", "c", "d"]), st.binary(min_size=20, max_size=20))
def test_ids_have_poes_form(tag: IdentifierTag, entropy: bytes) -> None:
    """Twenty bytes of any kind make an id of Poe's pattern."""
    made = identifier(tag, entropy)
    assert IDENTIFIER.match(made)
    assert made.startswith(f"{tag}-")


@pytest.mark.parametrize("size", [0, 19, 21])
def test_an_id_needs_its_bytes(size: int) -> None:
    """Fewer or more bytes would make an id of another length."""
    with pytest.raises(ValueError, match="20 bytes"):
        identifier("m", b"x" * size)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        pytest.param("m-" + "a" * 32, True, id="message"),
        pytest.param("abc-" + "0" * 31 + "=", True, id="three-letters-and-padding"),
        pytest.param("m-" + "a" * 31, False, id="short"),
        pytest.param("m-" + "a" * 33, False, id="long"),
        pytest.param("m-" + "A" * 32, False, id="capital-letters"),
        pytest.param("abcd-" + "a" * 32, False, id="four-letters"),
        pytest.param("m-" + "a" * 32 + "\n", False, id="line-end"),
        pytest.param("", False, id="empty"),
    ],
)
def test_the_pattern_of_ids(text: str, fits: bool) -> None:
    """One to three small letters, a dash, 32 small letters, digits or equal signs."""
    assert bool(IDENTIFIER.match(text)) is fits


def test_a_message_needs_little_and_ignores_what_it_does_not_know() -> None:
    """Role and content make a message; unknown keys are left out."""
    message = ProtocolMessage.model_validate({"role": "user", "content": "hi", "new": 1})
    assert message == ProtocolMessage(role="user", content="hi")
    assert "new" not in message.model_dump()
