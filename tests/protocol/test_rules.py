"""The rules themselves."""

from __future__ import annotations

import re

import pytest

from poecli.protocol.rules import catalog
from poecli.protocol.rules.catalog import RULES, Rule, Topic

EVERY = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@EVERY
def test_a_rule_can_be_shown(rule: Rule) -> None:
    """Each rule has an id to type, sentences that end, and a source."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.sentence.endswith(".")
    assert rule.fix.endswith((".", ")."))
    assert rule.source.startswith(("https://", "fastapi_poe ", "sse_starlette "))
    assert "\n" not in rule.sentence + rule.fix


def test_no_two_rules_share_an_id() -> None:
    """An id names one rule."""
    assert len(RULES) == len(catalog._ALL)


def test_every_section_has_rules() -> None:
    """No section is empty, so that a report has something under each title."""
    assert {rule.topic for rule in RULES.values()} == set(Topic)
