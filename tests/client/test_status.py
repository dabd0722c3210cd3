"""What is shown of a body, and how long to wait."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from poecli.client.peer import first_upper
from poecli.client.status import excerpt, retry_after
from poecli.config.credentials import Secret

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)

BODIES = [
    (b"", ""),
    (b"plain", "plain"),
    (b"two\r\nlines\t here", "two lines here"),
    (b'{"error": {"message": "no", "code": 1}}', "no"),
    (b'{"error": "no"}', "no"),
    (b'{"detail": "Not Found"}', "Not Found"),
    (b'{"detail": [{"msg": "bad"}]}', '[{"msg": "bad"}]'),
    (b'{"x": 1}', '{"x": 1}'),
    (b'"text"', "text"),
    (b"<html><head><title>502 Bad &amp; Gateway</title></head><body>x", "502 Bad & Gateway"),
    (b"<p>one</p><script>no()</script><p>two", "one two"),
    (b"\x1b[31mred\x1b[0m \x07bell\x9b", "[31mred [0m bell\ufffd"),
    (b"\xff\xfe", "\ufffd\ufffd"),
    (b"key=sesame!", "key=****!"),
    (b"x" * 300, "x" * 199 + "…"),
    (b"[" * 100_000, "[" * 199 + "…"),
]


@pytest.mark.parametrize(("body", "shown"), BODIES, ids=lambda v: repr(v)[:30])
def test_a_body_becomes_one_short_clean_line(body: bytes, shown: str) -> None:
    """JSON, HTML, control codes, secrets and length are all dealt with."""
    assert excerpt(body, [Secret("sesame"), Secret("")]) == shown


WAITS = [
    ("", None),
    ("7", 7),
    ("0.5", 0.5),
    ("-1", None),
    ("soon", None),
    ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
    ("Thu, 01 Jan 2026 12:00:30 -0000", 30),
    ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
    ("9" * 20, None),
]


@pytest.mark.parametrize(("value", "seconds"), WAITS)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """Both forms of the header become seconds from now; nonsense is no wish."""
    assert retry_after({"retry-after": value}, now=NOW) == seconds


def test_a_sentence_begins_with_a_capital_and_an_address_as_it_is() -> None:
    """An address that is changed is no longer the one that was typed."""
    assert [first_upper(text) for text in ("the bot", "http://x")] == ["The bot", "http://x"]
