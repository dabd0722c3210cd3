from __future__ import annotations

import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from poecli.conformance.reports.github_report import as_github
from poecli.conformance.reports.json_report import as_json, trouble_as_json
from poecli.conformance.reports.junit_report import as_junit
from poecli.conformance.reports.sarif_report import as_sarif
from poecli.conformance.reports.text_report import explain, show
from poecli.conformance.results import (
    Finding,
    Outcome,
    Report,
    RuleResult,
    Run,
    Trouble,
    combine,
)
from poecli.protocol.rules.catalog import RULES, Level, Rule
from poecli.terminal.console import Console
from tests.conformance.reports import CLEAN, FINDINGS, REPORT, RUN, TROUBLES


def shown(report: Report) -> str:
    console = Console.test()
    show(console, report, "poe check my-bot")
    assert isinstance(console.stdout, io.StringIO)
    return console.stdout.getvalue()


def test_the_text_names_what_was_seen_and_what_to_do() -> None:
    """Must comes first, each fault with its sentence, what was seen, a fix and how to try it."""
    lines = shown(REPORT).splitlines()
    assert [line for line in lines if line.startswith(("✗", "·"))] == [
        "✗ no-done (must)",
        "✗ blocking-call (should)",
        "· unknown-event (advice)",
    ]
    assert "    seen: the stream ended, 100% early" in lines
    assert "    seen: bots/main.py:7: time.sleep()" in lines
    assert "    try:  poe check my-bot --only no-done" in lines
    assert "    try:  poe check my-bot --only blocking-call" not in lines
    assert lines[-1] == "each request as a curl line: poe check my-bot --json"
    assert max(map(len, lines)) < 120
    assert "? not tested: it is down & out" in lines
    assert "3 faults (1 must, 1 should, 1 advice), 1 rules passed, 1 not tested" in lines[-3]


def test_one_fault_is_counted_in_the_singular() -> None:
    """ "1 fault", not "1 faults"."""
    faults = REPORT.of(Outcome.FAULT)[:1]
    one = Report("Echo", tuple(faults), None, 1, 0.1)
    assert "1 fault (1 must, 0 should, 0 advice)" in shown(one)


def test_the_text_is_safe_for_a_terminal() -> None:
    """What a bot sent can't reach the terminal as an escape sequence."""
    assert "\x1b" not in shown(REPORT)


def test_no_name_makes_a_line_of_its_own() -> None:
    """A file's name with a line break stays within the line that tells it."""
    name = "tests/a\n::error::b.chat.toml"
    rule = Rule(name, Level.MUST, "It answers.", "Fix it.", name)
    found = Finding(name, "turn 1: no\n::error::c", place=f"{name}:3")
    results = (RuleResult(rule, Outcome.FAULT, (found,), "", 1), RuleResult(rule, Outcome.UNTESTED))
    text = shown(Report("Echo", results, None, 0, 0.1))
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_flaky_is_said() -> None:
    """A fault of some runs only is told as such."""
    runs = [Run(FINDINGS, RUN.tested), Run((), RUN.tested)]
    report = Report("Echo", combine(runs, ["no-done"]), None, 2, 1)
    assert "✗ no-done (must)  flaky: 1 of 2 runs" in shown(report)


@pytest.mark.parametrize(
    ("level", "rules"),
    [
        (Level.MUST, ["no-done"]),
        (Level.SHOULD, ["no-done", "blocking-call"]),
        (Level.ADVICE, ["no-done", "blocking-call", "unknown-event"]),
    ],
)
def test_the_level_decides_what_fails(level: Level, rules: list[str]) -> None:
    """Weaker faults are told and do not fail the check."""
    assert [result.rule.id for result in REPORT.failures(level)] == rules


def test_json_holds_it_all() -> None:
    """One object, stable names, no key."""
    value = as_json(REPORT, Level.MUST)
    assert (value["v"], value["type"], value["ok"]) == (1, "check", False)
    assert [fault["rule"] for fault in value["faults"]] == [
        "no-done",
        "blocking-call",
        "unknown-event",
    ]
    assert value["untested"][0]["rule"] == "users-mixed-up"
    assert value["passed"] == ["empty-answer"]
    assert value["measures"]["first_event_ms"] == 1.5
    assert "made-up-key" not in str(value)


def test_junit_is_a_case_for_each_rule() -> None:
    """Failures, skipped and passed cases add up, and the XML can be read."""
    [suite] = ET.fromstring(as_junit([REPORT], Level.SHOULD))  # noqa: S314 - our own text
    assert suite.attrib["name"] == "Echo"
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["skipped"]) == (
        "5",
        "2",
        "1",
    )
    failed = [case.attrib["name"] for case in suite if case.find("failure") is not None]
    assert failed == ["no-done", "blocking-call"]
    assert all({"name", "classname", "time"} <= set(case.attrib) for case in suite)


def test_sarif_has_a_result_at_file_and_line() -> None:
    """Each finding is a result of a rule that the driver declares."""
    log: dict[str, Any] = as_sarif([REPORT])
    [run] = log["runs"]
    declared = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    places = {
        result["ruleId"]: (
            result["level"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in run["results"]
    }
    assert log["version"] == "2.1.0"
    assert places == {
        "no-done": ("error", "main.py", 1),
        "blocking-call": ("warning", "bots/main.py", 7),
        "unknown-event": ("note", "main.py", 1),
    }
    assert declared == places.keys()


def test_github_lines_are_annotations() -> None:
    """Level, file, line and title, with the characters escaped that commands are made of."""
    lines = as_github([REPORT]).splitlines()
    assert lines[0].startswith("::error file=main.py,line=1,title=poe check%3A no-done::Echo: ")
    assert "100%25 early" in lines[0]
    assert lines[1].startswith("::warning file=bots/main.py,line=7,")
    assert lines[2].startswith("::notice ")


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_github_gets_one_line_whatever_happened(trouble: Trouble) -> None:
    """No name in it begins a command of its own."""
    text = as_github([], trouble)
    assert text.splitlines() == [text]
    assert text.startswith("::error title=poe check::")
    assert "\x1b" not in text


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_json_tells_what_kept_the_check_from_its_end(trouble: Trouble) -> None:
    """The object has the fields of any other, and says that it is not well."""
    value = json.loads(json.dumps(trouble_as_json(trouble)))
    assert value.keys() == as_json(REPORT, Level.MUST).keys()
    assert (value["ok"], value["error"]["id"]) == (False, trouble.id)


def test_nothing_found_nothing_annotated() -> None:
    """A clean bot makes no annotation and no result."""
    assert as_github([CLEAN]) == ""
    assert as_sarif([CLEAN])["runs"][0]["results"] == []
    assert CLEAN.of(Outcome.PASSED)


def test_a_rule_is_explained_whole() -> None:
    """Id, level, sentence, fix and source."""
    rule = RULES["no-done"]
    text = explain(rule)
    assert all(part in text for part in (rule.id, "must", rule.sentence, rule.fix, rule.source))
