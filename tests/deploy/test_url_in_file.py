"""A value added to a TOML file of the author's."""

from __future__ import annotations

import pytest

from poecli.deploy.url_in_file import with_value

ADDED = 'url = "https://b.example/"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[bots.abcd]\n", f"[bots.abcd]\n{ADDED}\n"),
        ("[bots.abcd]", f"[bots.abcd]\n{ADDED}\n"),
        ('[bots."abcd"] # mine\n', f'[bots."abcd"] # mine\n{ADDED}\n'),
        (
            "# top\n[bots.abcd]\npath = '/' # here\n\n# of dev\n[dev]\nport = 1\n",
            f"# top\n[bots.abcd]\npath = '/' # here\n{ADDED}\n\n# of dev\n[dev]\nport = 1\n",
        ),
        (
            "[bots.abcd]\n\n[bots.abcd.deploy]\nto = 'fly'\n",
            f"[bots.abcd]\n{ADDED}\n\n[bots.abcd.deploy]\nto = 'fly'\n",
        ),
        ("[bots.abcd]\r\npath = '/'\r\n", f"[bots.abcd]\r\npath = '/'\r\n{ADDED}\r\n"),
        ("[bots.abcd]\nx = [\n  'y',\n]\n", f"[bots.abcd]\nx = [\n  'y',\n]\n{ADDED}\n"),
    ],
)
def test_everything_else_stays_as_it_was(before: str, after: str) -> None:
    """Comments, blank lines, line ends and the order of tables are the author's."""
    assert with_value(before, ("bots", "abcd"), "url", "https://b.example/") == after


@pytest.mark.parametrize(
    "text",
    [
        "[bots]\nabcd = {}\n",
        "bots.abcd.path = '/'\n",
        "[bots.abcd]\nurl = 'https://other.example/'\n",
        "[bots.abcd.deploy]\nto = 'fly'\n",
        "text = '''\n[bots.abcd]\n'''\n",
    ],
)
def test_a_file_that_would_not_read_as_meant_is_left_alone(text: str) -> None:
    """Without a header of the table, or with the key there already, nothing is guessed."""
    assert with_value(text, ("bots", "abcd"), "url", "https://b.example/") is None
