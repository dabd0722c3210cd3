"""Code before and after an upgrade, as the files in ``cases/`` show it.

A case begins with ``### `` and its title. Then comes the code before; after a line ``=>`` that
after, where it differs; then what is left to the author, ``! line: what``, by the lines after.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from poecli.upgrade.python_code import UpgradedCode, upgrade_code
from poecli.upgrade.rules.catalog import RULES

_FOLDER = Path(__file__).parent / "cases"


class Case(NamedTuple):
    """One upgrade, and what it has to come to."""

    before: str
    after: str
    notes: list[str]


def cases(name: str) -> dict[str, Case]:
    """The cases of one file, by their titles."""
    found: dict[str, Case] = {}
    for text in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("### ")[1:]:
        title, _, body = text.partition("\n")
        notes = re.findall(r"^! (.*)$", body, re.MULTILINE)
        code = re.sub(r"^! .*\n", "", body, flags=re.MULTILINE).strip("\n") + "\n"
        before, _, after = code.partition("\n=>\n")
        assert title not in found, title
        found[title] = Case(f"{before.rstrip()}\n", after or f"{before.rstrip()}\n", notes)
    return found


def upgrade(code: str, *only: str) -> UpgradedCode:
    """Under all rules, or these."""
    rules = [rule for rule in RULES if not only or rule.id in only]
    return upgrade_code(code.encode(), rules)


def upgraded(code: str, *only: str) -> str:
    """The text after it."""
    return upgrade(code, *only).code.decode()
