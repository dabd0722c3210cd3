"""Which files of a project cause a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.source.ignore_rules import IgnoreRules

GITIGNORE = """\
# what git leaves out
output/
*.csv
!kept.csv
/only-here.txt
data/**/raw
docs/*.md
.env
\\#odd.txt
[0-9].json
!
[z-a].txt
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
        ("output/main.py", False),
        ("deep/output/main.py", False),
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
        ("__pypackages__/3.11/lib/x.py", False),
        ("build/lib/main.py", False),
        ("dist/bot-1.0.tar.gz", False),
        ("target/debug/bot", False),
        ("htmlcov/index.html", False),
        (".eggs/x.py", False),
        (".ipynb_checkpoints/a.py", False),
        (".git/index", False),
        (".poe/journal.jsonl", False),
        ("x.egg-info/PKG-INFO", False),
        (".main.py.swp", False),
        ("main.py~", False),
        ("main.py.bak", False),
        ("main.py.orig", False),
        ("main.py.rej", False),
        (".#main.py", False),
        ("#main.py#", False),
        ("4913", False),
        ("main.py.tmp", False),
        ("main.py___jb_tmp___", False),
        (".nfs000000000b0c", False),
        (".coverage", False),
        ("coverage.xml", False),
        ("bot.db", False),
        ("bot.sqlite3-journal", False),
        ("bot.log", False),
    ],
)
@pytest.mark.parametrize("state", ["there", "removed"])
def test_what_matters(tmp_path: Path, file: str, matters: bool, state: str) -> None:
    """Git's rules, the usual folders and editors' files are left out; .env and prompts are not."""
    (tmp_path / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    written = tmp_path / (file if state == "there" else "other")
    written.parent.mkdir(parents=True, exist_ok=True)
    written.touch()
    assert IgnoreRules(tmp_path).matters(tmp_path / file) is matters


@pytest.mark.parametrize("name", ["output", "build", "__pycache__", ".venv", "node_modules"])
def test_a_removed_folder_is_no_removed_file(tmp_path: Path, name: str) -> None:
    """Who removes a folder that does not matter causes no reload; a file of its name is one."""
    (tmp_path / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    removed = IgnoreRules(tmp_path).matters(tmp_path / name)
    (tmp_path / name).touch()
    assert (removed, IgnoreRules(tmp_path).matters(tmp_path / name)) == (False, True)


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
@pytest.mark.parametrize("file", ["bin/activate", "lib64/x.py", "Scripts/python.exe", "share/a"])
def test_an_environment_of_any_name(tmp_path: Path, mark: str, file: str) -> None:
    """What `python -m venv anything` and conda make is known by what stands in it."""
    (tmp_path / "anything" / mark).parent.mkdir(parents=True)
    (tmp_path / "anything" / mark).touch()
    rules = IgnoreRules(tmp_path)
    assert not rules.matters(tmp_path / "anything" / file)
    assert rules.matters(tmp_path / "other" / file)


@pytest.mark.parametrize(
    ("ignore_files", "file", "matters"),
    [
        ({".gitignore": "*.txt"}, "x.txt", False),
        ({".gitignore": "/bots/mine/x.txt"}, "x.txt", False),
        ({".gitignore": "/x.txt"}, "x.txt", True),
        ({".gitignore": "*.txt", "bots/mine/.gitignore": "!x.txt"}, "x.txt", True),
        ({"bots/.gitignore": "mine/out/"}, "out/x.py", False),
        ({"bots/mine/deep/.gitignore": "*.txt"}, "deep/x.txt", False),
        ({"bots/mine/deep/.gitignore": "*.txt"}, "x.txt", True),
        ({".gitignore": "out/\n!out/x.py"}, "out/x.py", False),
        ({".gitignore": "*\n!*/\n!*.py"}, "deep/x.py", True),
        ({".gitignore": "*\n!*/\n!*.py"}, "deep/x.txt", False),
        ({".git/info/exclude": "*.txt"}, "x.txt", False),
        ({".git/info/exclude": "*.txt", ".gitignore": "!x.txt"}, "x.txt", True),
        ({"../.gitignore": "*.txt"}, "x.txt", True),
        ({".gitignore": "mine/"}, "x.py", True),
        ({".gitignore": "bots/", "bots/mine/.gitignore": "*.txt"}, "x.txt", False),
    ],
    ids=str,
)
def test_the_ignore_files_of_a_repository(
    tmp_path: Path, ignore_files: dict[str, str], file: str, matters: bool
) -> None:
    """Each from the repository's root down counts for what is below it; a project that git leaves
    out as a whole has its own only.
    """
    repository = tmp_path / "repository"
    project = repository / "bots" / "mine"
    (repository / ".git" / "info").mkdir(parents=True)
    for folder in (project / "deep", project / "out"):
        folder.mkdir(parents=True)
    for name, text in ignore_files.items():
        (repository / name).write_text(text, encoding="utf-8")
    assert IgnoreRules(project).matters(project / file) is matters
