from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from poecli.conformance.reports.junit_report import as_junit
from poecli.conformance.results import Report, Trouble
from poecli.protocol.rules.catalog import Level
from tests.conformance import reports
from tests.later import later

if TYPE_CHECKING:
    import xmlschema
else:
    xmlschema = later("xmlschema")


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("told", reports.ALL.values(), ids=reports.ALL)
def test_the_file_is_junit(told: Sequence[Report], level: Level) -> None:
    """Every element, attribute and number is one that the schema knows."""
    schema().validate(as_junit(told, level))


@pytest.mark.parametrize("trouble", reports.TROUBLES.values(), ids=reports.TROUBLES)
def test_the_file_is_junit_whatever_happened(trouble: Trouble) -> None:
    """What kept the check from its end is an error of one case, beside what was found before."""
    text = as_junit([reports.REPORT], Level.SHOULD, trouble)
    schema().validate(text)
    assert text.count("<error ") == 1
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('tests="5"', 'tests="five"'),
        ('failures="2"', ""),
        ("<skipped ", "<skip "),
        ("</failure>", "<b/></failure>"),
        ('classname="', 'class="'),
    ],
)
def test_the_schema_sees_what_is_wrong(right: str, wrong: str) -> None:
    """A schema that lets everything pass would prove nothing."""
    text = as_junit([reports.REPORT], Level.SHOULD)
    assert right in text
    assert not schema().is_valid(text.replace(right, wrong))
