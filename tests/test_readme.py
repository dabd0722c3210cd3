"""The README can't lie: what it shows is run, what it lists is compared."""

from __future__ import annotations

import re

from poecli.errors import EXIT_CODE_MEANINGS
from poecli.scaffold.catalog import markdown_table
from tests.readme.sessions import README, fresh_shell, levelled, outputs, sessions

TEXT = README.read_text(encoding="utf-8")
UPDATE = "Run: python -m tests.readme.sessions --update"


def test_every_session_prints_what_is_shown() -> None:
    """Each command of the README gives the output under it, in one fresh folder."""
    with fresh_shell() as shell:
        runs = [run for session in sessions(TEXT) for run in outputs(shell, session)]

    shown = [(command.line, levelled(command.output)) for command, _ in runs]
    printed = [(command.line, levelled(output)) for command, output in runs]
    assert shown == printed, UPDATE


def test_the_table_of_exit_codes_is_ours() -> None:
    """The README's table holds every code with its meaning."""
    rows = "\n".join(f"| {int(code)} | {meaning} |" for code, meaning in EXIT_CODE_MEANINGS.items())
    assert rows in TEXT


def test_the_table_of_templates_is_the_catalog() -> None:
    """The README's table of templates is generated."""
    assert markdown_table() in TEXT


def test_the_session_stands_at_the_top() -> None:
    """One sentence what it is, and a session by line 15."""
    top = TEXT.splitlines()[:15]
    assert any(line.startswith("$ poe new") for line in top)
    assert not re.search(r"\bTODO\b", TEXT)
