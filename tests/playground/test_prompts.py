"""What of a prompt was sent on as it came, and what was changed."""

from __future__ import annotations

from typing import Any

import pytest

from poecli.playground.prompts import prompt_changes


def query(*contents: str, **more: Any) -> dict[str, Any]:
    return {"query": [{"role": "user", "content": content} for content in contents], **more}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    ("as it came", query("hi"), query("hi"), [("[user]\nhi\n", "[user]\nhi\n")]),
    (
        "a line added",
        query("hi"),
        query("hi\nthere"),
        [("[user]\nhi\n", "[user]\nhi\n"), ("", "there\n")],
    ),
    (
        "a line changed",
        query("a\nb"),
        query("a\nc"),
        [("[user]\na\n", "[user]\na\n"), ("b\n", "c\n")],
    ),
    (
        "an option",
        query("hi"),
        query("hi", temperature=0.5),
        [("[user]\nhi\n", "[user]\nhi\n"), ("", "temperature: 0.5\n")],
    ),
    (
        "a file left out",
        {"query": [{"role": "user", "attachments": [{"name": "a", "content_type": "b"}]}]},
        query(""),
        [("[user]\n\n", "[user]\n\n"), ("attached: a (b)\n", "")],
    ),
    ("nothing at all", {}, {}, [("", "")]),
]


@pytest.mark.parametrize(
    ("received", "sent", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_what_was_changed(
    received: dict[str, Any], sent: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert prompt_changes(received, sent) == expected


def test_prompts_too_long_to_compare_are_shown_whole() -> None:
    long = query("line\n" * 3000)
    assert len(prompt_changes(long, query("hi"))) == 1
