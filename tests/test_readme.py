"""The README can't lie: what it shows is run, what it lists is compared."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from poecli.config.faults import NAMES, parse_faults
from poecli.config.project import (
    DEFAULT_ACCESS_KEY_VARIABLE,
    FILE_NAME,
    DevTable,
    Project,
    read_project,
)
from poecli.emulator.bots.modes import KINDS, REPLAY, parse_mode
from poecli.errors import EXIT_CODE_MEANINGS
from poecli.scaffold.catalog import all_templates
from tests.readme.sessions import README, fresh_shell, levelled, outputs, sessions, updated

TEXT = README.read_text(encoding="utf-8")
UPDATE = "Run: python -m tests.readme.sessions --update"


def test_every_session_prints_what_is_shown() -> None:
    """Each command of the README gives the output under it, in one fresh folder."""
    with fresh_shell() as shell:
        runs = [run for session in sessions(TEXT) for run in outputs(shell, session)]

    shown = [(command.line, levelled(command.output)) for command, _ in runs]
    printed = [(command.line, levelled(output)) for command, output in runs]
    assert shown == printed, UPDATE


def test_an_update_shows_all_of_a_background_session() -> None:
    """Longer than it was, up to its last line, with the page's port; of a slow machine nothing."""
    page = "<!-- background -->\n```console\n$ {}\n{}{}\n```\n"
    last = "ready at http://127.0.0.1:8080/"
    said = f"  │ still loading after 5 s, at a library\\n1\\n2\\n{last}\\n"
    line = f"sh -c 'printf \"{said}\"; exec sleep 60'"

    assert updated(page.format(line, "1\n", last)) == page.format(line, "1\n2\n", last)


def test_the_table_of_exit_codes_is_ours() -> None:
    """The README's table holds every code with its meaning."""
    rows = "\n".join(f"| {int(code)} | {meaning} |" for code, meaning in EXIT_CODE_MEANINGS.items())
    assert rows in TEXT


def test_the_table_of_templates_is_the_catalog() -> None:
    """A row for each template, in their order."""
    rows = []
    for template in all_templates():
        names = ", ".join(f"`{word}`" for word in (template.name, *template.aliases))
        rows.append(f"| {names} | {template.description} | {template.guide or '(not there)'} |")
    assert "\n".join(rows) in TEXT


def test_the_session_stands_at_the_top() -> None:
    """One sentence what it is, and a session by line 15."""
    top = TEXT.splitlines()[:15]
    assert any(line.startswith("$ poe new") for line in top)
    assert not re.search(r"\bTODO\b", TEXT)


@pytest.fixture
def example(tmp_path: Path) -> Project:
    """The poe.toml that the README shows."""
    (text,) = re.findall(r"```toml\n(base_url.*?)```", TEXT, re.DOTALL)
    file = tmp_path / FILE_NAME
    file.write_text(text, encoding="utf-8")
    return read_project(file)


def test_the_project_file_shows_every_key(example: Project) -> None:
    """It can be read, and leaves nothing that can be set unset."""
    bot = example.bots["my-bot"]
    assert example.base_url
    assert (bot.path, bot.access_key_env) == ("/", DEFAULT_ACCESS_KEY_VARIABLE)
    assert bot.url
    assert bot.deploy
    assert all(getattr(example.dev, key.name) for key in fields(DevTable))


def test_the_project_file_shows_every_mode(example: Project) -> None:
    """What may answer for a bot, and the faults, are names that are taken."""
    modes = {bot: parse_mode(text, bot=bot) for bot, text in example.dev.bots.items()}
    assert {mode.kind for mode in modes.values()} | {REPLAY} == set(KINDS)
    assert len(parse_faults(example.dev.faults)) == len(example.dev.faults)


def test_every_fault_is_listed() -> None:
    """The names that --fault takes."""
    assert f"Faults: {', '.join(f'`{name}`' for name in NAMES)}." in TEXT
