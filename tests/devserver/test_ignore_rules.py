"""Which files of a project cause a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.devserver.ignore_rules import IgnoreRules

GITIGNORE = """\
# what git leaves out
build/
*.csv
!kept.csv
/only-here.txt
data/**/raw
docs/*.md
.env
\\#odd.txt
[0-9].json
"""
GITIGNORE += "trailing.txt   \n"


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("main.py", True),
        ("package/module.py", True),
        ("prompts/system.md", True),
        ("templates/page.jinja", True),
        ("poe.toml", True),
        ("poe.lock.json", False),
        (".env", True),
        (".env.local", True),
        (".gitignore", True),
        ("removed.py", True),
        ("table.csv", False),
        ("deep/table.csv", False),
        ("kept.csv", True),
        ("only-here.txt", False),
        ("deep/only-here.txt", True),
        ("build/main.py", False),
        ("deep/build/main.py", False),
        ("build", True),
        ("data/a/b/raw", False),
        ("data/raw", False),
        ("docs/page.md", False),
        ("docs/deep/page.md", True),
        ("trailing.txt", False),
        ("#odd.txt", False),
        ("7.json", False),
        ("77.json", True),
        (".venv/lib/python3/site-packages/x.py", False),
        ("venv/x.py", False),
        ("node_modules/x/y.js", False),
        ("__pycache__/main.cpython-311.pyc", False),
        (".git/index", False),
        (".poe/journal.jsonl", False),
        ("x.egg-info/PKG-INFO", False),
        (".main.py.swp", False),
        ("main.py~", False),
        (".#main.py", False),
        ("#main.py#", False),
        ("4913", False),
        ("main.py.tmp", False),
        ("main.py___jb_tmp___", False),
        ("bot.db", False),
        ("bot.sqlite3-journal", False),
        ("bot.log", False),
    ],
)
def test_what_matters(tmp_path: Path, file: str, matters: bool) -> None:
    """Git's rules, the usual folders and editors' files are left out; .env and prompts are not."""
    (tmp_path / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    assert IgnoreRules(tmp_path).matters(tmp_path / file) is matters


def test_a_gitignore_further_down_counts_there(tmp_path: Path) -> None:
    """A pattern belongs to the folder of its file; what was read is kept until forgotten."""
    (tmp_path / "deep").mkdir()
    rules = IgnoreRules(tmp_path)
    assert rules.matters(tmp_path / "deep" / "x.txt")
    (tmp_path / "deep" / ".gitignore").write_text("*.txt\n", encoding="utf-8")
    rules.forget()
    assert not rules.matters(tmp_path / "deep" / "x.txt")
    assert rules.matters(tmp_path / "x.txt")
