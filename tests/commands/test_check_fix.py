"""`poe check --fix`: what was found and has a rule of `poe upgrade` is mended."""

from __future__ import annotations

import json
from pathlib import Path

from tests.poe import poe, poe_in

BOT = """\
import time

import fastapi_poe as fp
from modal import Stub

stub = Stub("a")  # no fault that can be asked for by name stays


class Echo(fp.PoeBot):
    async def get_response(self, request):
        time.sleep(0)
        yield fp.PartialResponse(text=request.query[-1].content)


app = fp.make_app(Echo(), allow_without_key=True)
"""
FIXED = (
    BOT.replace("import time\n", "import asyncio\nimport time\n")
    .replace("Stub", "App")
    .replace("time.sleep(0)", "await asyncio.sleep(0)")
    .replace(", allow_without_key=True", "")
)


async def test_what_was_found_is_mended_and_checked_again(tmp_path: Path) -> None:
    """The report is of the bot as it is now; what was changed is told on stderr."""
    (tmp_path / "main.py").write_text(BOT)
    (tmp_path / "other.py").write_text(BOT)

    code, stdout, stderr = await poe_in(tmp_path, "check", "main.py", "--fix", "--json")

    assert code == 0, stdout
    assert json.loads(stdout)["faults"] == []
    assert "main.py is upgraded" in stderr
    assert (tmp_path / "main.py").read_text() == FIXED
    assert (tmp_path / "other.py").read_text() == BOT


def test_a_url_has_no_files() -> None:
    """It is refused before anything is asked."""
    done = poe("check", "http://127.0.0.1:9/", "--fix")

    assert done.code == 2
    assert "a URL has none" in done.stderr
