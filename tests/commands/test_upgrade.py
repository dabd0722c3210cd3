"""`poe upgrade` as typed: through the front door, on buffers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.poe import poe

OLD = 'from modal import Stub\nstub = Stub("a")  # mine\n'
NEW = 'from modal import App\napp = App("a")  # mine\n'
DIFF = """\
--- a/main.py
+++ b/main.py
@@ -1,2 +1,2 @@
-from modal import Stub
-stub = Stub("a")  # mine
+from modal import App
+app = App("a")  # mine
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text(OLD)
    return tmp_path


def test_a_diff_is_shown_and_nothing_written(folder: Path) -> None:
    """The diff alone on stdout; exit code 1, as of `black --check`."""
    done = poe("upgrade")

    assert (done.code, done.stdout) == (1, DIFF)
    assert (
        "modal.Stub is called modal.App since Modal 0.62. (lines 1, 2; modal-stub)" in done.stderr
    )
    assert "poe upgrade --write" in done.stderr
    assert (folder / "main.py").read_text() == OLD


def test_the_diff_is_one_that_git_applies(folder: Path) -> None:
    """Also where the old text had no end of line."""
    (folder / "main.py").write_text(OLD.rstrip())
    diff = poe("upgrade").stdout

    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, text=True, check=True)

    assert (folder / "main.py").read_text() == NEW.rstrip()


def test_what_is_written_has_nothing_left(folder: Path) -> None:
    """0 for a change that was made, and 0 when there is none to make."""
    (folder / "main.py").chmod(0o755)

    written = poe("upgrade", "--write")
    again = poe("upgrade")

    assert (written.code, written.stdout) == (0, "")
    assert "main.py is upgraded" in written.stderr
    assert (again.code, again.output) == (0, "Nothing to upgrade.\n")
    assert (folder / "main.py").read_text() == NEW
    assert (folder / "main.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("target", ["main.py", "main:stub", "main.py:stub", "."])
def test_a_target_is_named_as_elsewhere(folder: Path, target: str) -> None:
    """A file, a folder, a name in a module."""
    (folder / "other.txt").write_text(OLD)

    assert poe("upgrade", target).stdout == DIFF


@pytest.mark.parametrize(
    "file",
    [".venv/lib/a.py", ".git/hooks/a.py", "ignored.py", "ignored/a.py", "env3/a.py", "a.txt"],
)
def test_what_is_not_the_authors_stays(folder: Path, file: str) -> None:
    """Nothing that git ignores, and no environment, whatever its name."""
    (folder / "main.py").unlink()
    (folder / ".gitignore").write_text("ignored*\n")
    for name in (file, "env3/pyvenv.cfg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(OLD)

    assert poe("upgrade", "--write").code == 0
    assert (folder / file).read_text() == OLD


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (b"from modal import Stub\ndef f(:\n", ":2 is not valid Python: "),
        (b"from modal import Stub\nx = '\xff'\n", " is not valid Python: "),
        (b"\x0cfrom modal import Stub\n", " is not valid Python: it can't be written back"),
        (b"# modal.Stub\n" * 100_000, " is larger than a megabyte"),
    ],
    ids=["syntax", "encoding", "form feed", "size"],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, code: bytes, why: str) -> None:
    """The others are upgraded all the same; the exit code says that something is left."""
    (folder / "odd.py").write_bytes(code)

    done = poe("upgrade", "--write")

    assert done.code == 1
    assert f"odd.py{why}" in done.stderr
    assert (folder / "odd.py").read_bytes() == code
    assert (folder / "main.py").read_text() == NEW


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_is_not_followed(folder: Path) -> None:
    """Its file is named: somebody else may own it."""
    other = folder / "elsewhere.txt"
    other.write_text(OLD)
    (folder / "link.py").symlink_to(other)

    done = poe("upgrade", "--write")

    assert f"link.py is a link: upgrade {other}" in done.stderr
    assert other.read_text() == OLD


@pytest.mark.usefixtures("folder")
def test_json_is_one_object() -> None:
    """With the diff, and a line and a rule for each edit."""
    done = poe("upgrade", "--json")
    report = json.loads(done.stdout)

    assert done.stderr == ""
    assert (report["type"], report["written"]) == ("upgrade", False)
    assert report["files"][0]["diff"] == DIFF
    assert [(e["rule"], e["line"]) for e in report["files"][0]["edits"]] == [
        ("modal-stub", 1),
        ("modal-app-variable", 2),
        ("modal-stub", 2),
    ]


@pytest.mark.usefixtures("folder")
def test_rules_are_chosen() -> None:
    """By name; a wrong one has a near word."""
    assert poe("upgrade", "--only", "modal-web-endpoint").code == 0
    assert "+app" not in poe("upgrade", "--skip", "modal-app-variable").stdout
    wrong = poe("upgrade", "--only", "modal-stubb")
    assert (wrong.code, "modal-stub" in wrong.stderr) == (2, True)


def test_rules_are_explained() -> None:
    """Each with where it is written down."""
    assert "https://modal.com/" in poe("upgrade", "--explain", "modal-stub").stdout
    assert poe("upgrade", "--explain", "all").stdout.count("https://") > 3
    assert poe("upgrade", "--explain", "nope").code == 2


@pytest.mark.usefixtures("folder")
def test_a_folder_that_is_not_there() -> None:
    """As for the other commands."""
    assert poe("upgrade", "nowhere").code == 6


def test_a_key_is_not_shown(folder: Path) -> None:
    """Neither in the diff nor as JSON; the file that is written has none."""
    key = "0123456789abcdef0123456789abcdef"
    (folder / "main.py").write_text(
        f'import fastapi_poe as fp\n\nKEY = "{key}"\napp = fp.make_app(fp.PoeBot(access_key=KEY))\n'
    )

    done = poe("upgrade")
    as_json = poe("upgrade", "--json")
    poe("upgrade", "--write")

    assert '-KEY = "****"' in done.stdout
    assert key not in done.output + as_json.output
    assert key not in (folder / "main.py").read_text()
    assert "create a new one" in done.stderr


@pytest.mark.parametrize(
    ("code", "flags", "requirement"),
    [
        ("from PyPDF2 import PdfReader\n", (), "pypdf==7.1.1\n"),
        ("from PyPDF2 import PdfFileReader\n", (), "PyPDF2==3.0.1\n"),
        ("from PyPDF2 import PdfReader\n", ("--only", "requirements"), "PyPDF2==3.0.1\n"),
        ("# as with PyPDF2\nfrom PyPDF2 import PdfReader\n", (), "pypdf==7.1.1\n"),
    ],
    ids=["today's names", "names of 2021", "code that stays", "named in a comment"],
)
def test_requirements_follow_the_code(
    folder: Path, code: str, flags: tuple[str, ...], requirement: str
) -> None:
    """A package stays as long as a file of the project imports it."""
    (folder / "main.py").write_text(code)
    (folder / "requirements.txt").write_text("fastapi-poe==0.0.36\nPyPDF2==3.0.1\n")

    poe("upgrade", "--write", *flags)

    assert (folder / "requirements.txt").read_text() == f"fastapi-poe==0.0.83\n{requirement}"
