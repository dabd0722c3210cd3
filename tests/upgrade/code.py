"""Code before and after an upgrade, as the files in ``cases/`` show it.

A case begins with ``### `` and its title. Then comes the code before; after a line ``=>`` that
after, where it differs; then what is left to the author, ``! line: what``, by the lines after.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from poecli.upgrade.surroundings import Surroundings
from tests.later import later

if TYPE_CHECKING:
    from poecli.upgrade import python_code
    from poecli.upgrade.rules import catalog
else:
    python_code = later("poecli.upgrade.python_code")
    catalog = later("poecli.upgrade.rules.catalog")

__all__ = ["Case", "cases", "catalog", "python_code", "upgrade"]
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


def upgrade(code: str) -> python_code.UpgradedCode:
    """Under all rules, beside two modules of the author's that a case may import."""
    beside = {name for name in ("helper", "words") if f"import {name}\n" in code}
    wanted = {"stub"} if "# imported elsewhere" in code else set()
    surroundings = Surroundings(frozenset(beside), frozenset(wanted))
    return python_code.upgrade_code(code.encode(), catalog.RULES, surroundings)
