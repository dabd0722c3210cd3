"""The bot runs on the Python of its project, whatever poe is installed in."""

from __future__ import annotations

import site
import sys
import venv
from pathlib import Path

import pytest

from tests.poe import dev, finish

BOT = """
import sys
import fastapi_poe as fp
import only_here


class Bot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"{only_here.WORD} {sys.prefix}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A bot with an environment of its own: a package that poe's has not, and fastapi_poe."""
    venv.create(tmp_path / ".venv", symlinks=sys.platform != "win32")
    (packages,) = (tmp_path / ".venv").rglob("site-packages")
    (packages / "only_here.py").write_text('WORD = "from"\n')
    # What makes the rest of an environment, without an index to install it from.
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    (tmp_path / "main.py").write_text(BOT)
    return tmp_path


async def test_a_bot_finds_the_packages_of_its_project(project: Path) -> None:
    """Also where poe was started without that environment."""
    ran = await finish("chat", ".", "-m", "hi", cwd=project)

    assert (ran.code, ran.stdout.strip(), ran.stderr) == (0, f"from {project / '.venv'}", "")


async def test_poe_dev_says_what_the_bot_runs_on(project: Path) -> None:
    """And the next generation runs on it too, forked from a process of that Python."""
    async with dev(project) as poe:
        ready = await poe.line("ready")
        (project / "main.py").write_text(BOT.replace("{sys", "again {sys"))
        await poe.line("reload", ok=True)
        ran = await finish("chat", ready["url"], "-m", "hi", cwd=project)

    assert ready["runs_on"].startswith(f"Python {sys.version.split()[0]} (.venv), fastapi_poe ")
    assert ran.stdout.strip() == f"from again {project / '.venv'}"


async def test_an_environment_without_fastapi_poe_is_passed_over(project: Path) -> None:
    """The first answer comes all the same, and the line that mends it is said."""
    (packages,) = (project / ".venv").rglob("site-packages")
    (packages / "others.pth").unlink()
    (project / "main.py").write_text(BOT.replace("import only_here", "").replace("only_here.", ""))

    async with dev(project) as poe:
        note = await poe.line("notice", warning=True)

    assert "has no fastapi_poe, so the bot does not run on it. To use it: " in note["text"]
    assert note["text"].endswith(" -m pip install fastapi_poe")
