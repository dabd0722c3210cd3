"""Every rule: code before and after, and what is left to the author."""

from __future__ import annotations

import pytest

from poecli.protocol.rules.catalog import RULES as RULES_OF_CHECK
from poecli.upgrade.rules.catalog import RULES
from tests.upgrade.code import Case, cases, upgrade

TOPICS = ("keys", "modal", "python", "sdk")
CASES = {f"{topic}: {title}": case for topic in TOPICS for title, case in cases(topic).items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_old_code_becomes_todays(case: Case) -> None:
    """Nothing else in the text changes, and what is not safe is left and named."""
    done = upgrade(case.before)

    assert done.code.decode() == case.after
    assert [f"{note.line}: {note.what}" for note in done.notes] == case.notes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_second_upgrade_changes_nothing(case: Case) -> None:
    """And names the same things."""
    again = upgrade(case.after)

    assert again.code.decode() == case.after
    assert [f"{note.line}: {note.what}" for note in again.notes] == case.notes
    assert again.edits == ()


def test_every_rule_is_tried() -> None:
    """Each has a case that it changes, or has something to say of."""
    used = set()
    for case in CASES.values():
        done = upgrade(case.before)
        used |= {edit.rule for edit in done.edits} | {note.rule for note in done.notes}

    assert used == {rule.id for rule in RULES}


def test_a_rule_says_where_it_is_written_down() -> None:
    """Its source is an address or a document, and what it mends is a rule of `poe check`."""
    assert all(rule.source and rule.title.endswith(".") for rule in RULES)
    assert {rule.mends for rule in RULES} - {""} <= RULES_OF_CHECK.keys()
