"""What users read is plain English: some turns of phrase are never used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CHANGELOG.md", *(f"completions/{n}" for n in ("_poe", "poe.fish")))
# "There is no bot" is plain; "that is no bot" is not.
NEVER = re.compile(r"\bmend(s|ed|ing)?\b|\btold\b|(?<!here )\bis no (?!longer)", re.IGNORECASE)
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def literals(source: str) -> Iterator[str]:
    """The texts in a module, but for its docstrings."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, _WITH_DOCSTRING) and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield node.value if isinstance(node.value, str) else ""


@pytest.mark.parametrize("text", ["that is no bot", "Mend it", "Poe is told"])
def test_the_turns_of_phrase_are_found(text: str) -> None:
    assert NEVER.search(text)


def test_no_message_of_poe_has_them() -> None:
    sources = (file.read_text("utf-8") for file in sorted(ROOT.glob("poecli/**/*.py")))
    texts = (text for source in sources if NEVER.search(source) for text in literals(source))
    assert list(filter(NEVER.search, texts)) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_has_them(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert [line for line in lines if NEVER.search(line)] == []
