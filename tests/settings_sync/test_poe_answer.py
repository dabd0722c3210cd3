"""What Poe's words after a sync say of the settings it stored."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.settings_sync.poe_answer import read_echo

CONTROLS = {
    "api_version": "2",
    "sections": [{"controls": [{"control": "text_field", "label": "T", "parameter_name": "t"}]}],
}
V2 = {"response_version": 2}

READ: list[tuple[str, dict[str, Any] | None]] = [
    ("", None),
    ("ok", None),
    ("{", None),
    ("}{", None),
    ("{}", None),
    ("{1: 2}", None),
    ("{'other': 1}", None),
    ("{'response_version': open('x')}", None),
    ("{'response_version': 'two'}", None),
    ("[{'response_version': 2}", {"response_version": 2}),
    ("Stored: {'response_version': 2, 'rate_card': None}!", {**V2, "rate_card": None}),
    ('{"response_version": 2, "rate_card": null}', {**V2, "rate_card": None}),
    ("{" * 100_000 + "}" * 100_000, None),
    ("{" + "'a': 1, " * 200_000 + "}", None),
]


@pytest.mark.parametrize(("words", "settings"), READ, ids=lambda v: str(v)[:40])
def test_settings_are_read_where_there_are_any(words: str, settings: dict[str, Any] | None) -> None:
    """Python's and JSON's form are read; from anything else nothing is concluded."""
    assert read_echo(words).settings == settings


SENT = {**V2, "parameter_controls": CONTROLS}
DIFFERENCES = [
    ("unreadable", "ok", SENT, []),
    ("all-there", str(SENT), SENT, []),
    ("defaults-filled-in", "{'response_version': 2, 'allow_attachments': True}", V2, []),
    ("not-named", "{'response_version': 2}", SENT, []),
    (
        "controls-lost",
        "{'response_version': 2, 'parameter_controls': None}",
        SENT,
        ["layout of the parameters", "parameter t"],
    ),
    (
        "controls-lost-by-version",
        "{'response_version': 0, 'parameter_controls': None}",
        {"response_version": 0, "parameter_controls": CONTROLS},
        ["parameter_controls"],
    ),
    ("other-value", "{'rate_card': 'b'}", {**V2, "rate_card": "a"}, ["rate_card"]),
]


@pytest.mark.parametrize(
    ("words", "sent", "names"), [row[1:] for row in DIFFERENCES], ids=[r[0] for r in DIFFERENCES]
)
def test_what_poe_stored_otherwise_is_named(
    words: str, sent: dict[str, Any], names: list[str]
) -> None:
    """Only settings that the echo names are compared."""
    assert [change.setting for change in read_echo(words).differences(sent)] == names
