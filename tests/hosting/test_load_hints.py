"""What an author is told of a file that loads in another way, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from poecli.errors import BotLoadError
from poecli.hosting.discovery import Loaded

Load = Callable[[str], Awaitable[Loaded]]
BOT = """
import fastapi_poe as fp

class Bot(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="hi")
"""
APP_ALONE = f"""{BOT}
from fastapi import FastAPI
web = FastAPI()

@web.get("/")
def index():
    return "hello"
"""


async def test_an_app_that_serves_no_bot_is_remarked(load_bot: Load, tmp_path: Path) -> None:
    """The bot answers here; where the app is deployed it would not."""
    (tmp_path / "main.py").write_text(APP_ALONE)
    loaded = await load_bot(str(tmp_path / "main.py"))
    (note,) = (note for note in loaded.notes if "'web'" in note)
    assert "fp.make_app(BOT, app=web)" in note


BROKEN = [
    (
        "a folder further up",
        {"utils/words.py": "", "bots/one/main.py": "import utils.words\n"},
        "PYTHONPATH=",
    ),
    (
        "a file further up",
        {"common.py": "X = 1\n", "bots/one/main.py": "import common\n"},
        "PYTHONPATH=",
    ),
]


@pytest.mark.parametrize(("files", "hint"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
async def test_an_import_that_finds_something_else_is_explained(
    load_bot: Load, tmp_path: Path, files: dict[str, str], hint: str
) -> None:
    """No unrelated package of an index is proposed, and the cause is named."""
    (tmp_path / ".git").mkdir()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + (BOT if name.endswith("main.py") else ""))
    with pytest.raises(BotLoadError) as caught:
        await load_bot(str(tmp_path / "bots" / "one" / "main.py"))
    assert hint in caught.value.hint
    assert "pip install" not in caught.value.hint


@pytest.mark.parametrize("file", ["logging.py", "queue/__init__.py"])
async def test_a_file_that_hides_pythons_own_is_remarked(
    load_bot: Load, tmp_path: Path, file: str
) -> None:
    """It loads here, and breaks every library where the folder comes first on the path."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("X = 1\n")
    (tmp_path / "main.py").write_text(f"import logging, queue\n{BOT}")
    loaded = await load_bot(str(tmp_path / "main.py"))
    assert [note for note in loaded.notes if "hides Python's own module" in note]
