from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.project import find_project
from poecli.config.toml_tables import TomlFile
from poecli.conformance.project_file import look_at_entry
from poecli.conformance.results import Run


def look(folder: Path, lines: str) -> Run:
    """What is seen of the bot in a poe.toml with these lines in its table."""
    text = f"# Talks to http://bot.example/\n\n[bots.abcd]\n{lines}\n"
    (folder / "poe.toml").write_text(text)
    return look_at_entry(find_project(folder).bots["abcd"], TomlFile(Path("poe.toml"), text))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("", []),
        ('url = "https://bot.example/"\naccess_key = "env:POE_ACCESS_KEY"', []),
        ('path = "/"\nurl = "http://a.example/"', [("url-not-https", "poe.toml:5")]),
        ('url = "https://a-b.trycloudflare.com/"', [("quick-tunnel-url", "poe.toml:4")]),
        ('access_key = "env:POE_API_KEY"', [("api-key-as-access-key", "poe.toml:4")]),
    ],
    ids=["nothing", "sound", "http", "a tunnel", "user's key"],
)
def test_the_table_of_a_bot(tmp_path: Path, lines: str, found: list[tuple[str, str]]) -> None:
    """Each fault is found at its line."""
    findings = look(tmp_path, lines).findings
    assert [(finding.rule, finding.place) for finding in findings] == found


def test_without_a_url_there_is_nothing_to_say_of_it(tmp_path: Path) -> None:
    """The bot is not deployed yet, or its URL is known to Poe only."""
    run = look(tmp_path, "")
    assert run.untested == {"url-not-https": "poe.toml has no url for abcd"}
    assert run.tested == {"api-key-as-access-key"}
