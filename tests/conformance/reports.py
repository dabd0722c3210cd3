"""Reports with what makes a file of them break: control codes, markup, blanks, other scripts."""

from __future__ import annotations

from poecli.config.credentials import Secret
from poecli.conformance.results import (
    Finding,
    Measures,
    Outcome,
    Report,
    RuleResult,
    Run,
    Trouble,
    combine,
)
from poecli.probe.exchange import ProbeRequest
from poecli.protocol.rules.catalog import RULES, Level, Rule

SENT = ProbeRequest("http://127.0.0.1:1/", b'{"type": "it\'s"}', key=Secret("made-up-key"))
FINDINGS = (
    Finding("unknown-event", "`sparkle`\x1b[31m", SENT),
    Finding("no-done", "the stream ended, 100% early", SENT),
    Finding("blocking-call", "time.sleep()", place="bots/main.py:7"),
)
RUN = Run(
    FINDINGS,
    frozenset({"no-done", "unknown-event", "blocking-call", "empty-answer"}),
    {"users-mixed-up": "it is down & out \x00"},
    Measures(1.5, 20, 3, 4, 100),
)
REPORT = Report("Echo", combine([RUN, RUN], RULES), RUN.measures, 9, 1.25, file="main.py")
CLEAN = Report("Echo", combine([Run((), frozenset({"no-done"}))], RULES), None, 1, 0.1)

_CHAT = Rule(
    "tests/ä <b>.chat.toml", Level.MUST, "It answers ]]>.", "Mend it.", "tests/a.chat.toml"
)
_SAID = Finding(
    _CHAT.id, "turn 1: \ud83e\x85\ufffe & '<Hi>'", place="my bots/100%/ä #1.chat.toml:3"
)
ODD = Report(
    "http://127.0.0.1:1/?a=<b>&c",
    (RuleResult(_CHAT, Outcome.FAULT, (_SAID,), "", 1), RuleResult(_CHAT, Outcome.UNTESTED)),
    None,
    0,
    1e-9,
    file="../my bots\\main.py",
)
ALL = {"faults": [REPORT], "clean": [CLEAN], "odd": [ODD], "several": [REPORT, ODD], "none": []}

_ODD_NAMES = (
    "a\n::error::b",
    "]]>",
    "%0A::error::b",
    "\ud83e\udc00 \ud800",
    "\x00\x1b[31m\x85",
    "\r\n",
)
TROUBLES = {
    "plain": Trouble(
        "main.py", "load-failed", "main.py does not load.", "No.", "Fix it.", "  at 1"
    ),
    "interrupted": Trouble(".", "interrupted", "The check was interrupted."),
    **{ascii(name): Trouble(name, "x", name, name, name, name) for name in _ODD_NAMES},
}
