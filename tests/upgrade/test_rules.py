"""Every rule: code before and after, and what is left to the author."""

from __future__ import annotations

from functools import cache

import pytest

from poecli.protocol.rules.catalog import RULES as RULES_OF_CHECK
from tests.upgrade.code import cases, catalog, python_code, upgrade

TOPICS = ("answers", "keys", "modal", "modal_objects", "python", "sdk")
CASES = {f"{topic}: {title}": case for topic in TOPICS for title, case in cases(topic).items()}


@cache
def upgraded(title: str) -> python_code.UpgradedCode:
    """The case of that title, upgraded once for all tests."""
    return upgrade(CASES[title].before)


@pytest.mark.parametrize("title", CASES)
def test_old_code_becomes_todays(title: str) -> None:
    """Nothing else in the text changes; what is not safe is left and named; that is all."""
    case, done = CASES[title], upgraded(title)
    again = done if case.before == case.after else upgrade(case.after)

    for code in (done, again):
        assert code.code.decode() == case.after
        assert [f"{note.line}: {note.what}" for note in code.notes] == case.notes
    assert again.edits == ()


def test_every_rule_is_tried() -> None:
    """Each has a case that it changes, or has something to say of."""
    done = list(map(upgraded, CASES))
    edits = {edit.rule for code in done for edit in code.edits}
    notes = {note.rule for code in done for note in code.notes}

    assert edits | notes == {rule.id for rule in catalog.RULES}


def test_a_rule_says_where_it_is_written_down() -> None:
    """Its source is an address or a document, and what it mends is a rule of `poe check`."""
    assert all(rule.source and rule.title.endswith(".") for rule in catalog.RULES)
    assert {rule.fixes for rule in catalog.RULES} - {""} <= RULES_OF_CHECK.keys()
