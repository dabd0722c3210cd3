"""What an author is told of a file that loads in another way, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from poecli.errors import BotLoadError
from poecli.hosting.author.errors import AuthorError
from poecli.hosting.finding.discovery import Loaded
from tests.hosting.clients import Client

Load = Callable[[str], Awaitable[Loaded]]

Serve = Callable[..., Awaitable[Client]]
Query = Callable[..., dict[str, Any]]
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


CALLS_AT_IMPORT = f"import httpx\nclient = httpx.Client()\n{BOT}"
CALLS_LATER = """
import fastapi_poe as fp
import httpx

class Bot(fp.PoeBot):
    async def get_response(self, request):
        async with httpx.AsyncClient():
            yield fp.PartialResponse(text="hi")
"""


@pytest.fixture
def stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A trust store that is gone, as an environment that was moved leaves it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    return f"SSL_CERT_FILE is {str(tmp_path / 'gone.pem')!r}: no such file or folder."


async def test_a_stale_trust_store_at_import_is_the_variables_mistake(
    load_bot: Load, tmp_path: Path, stale: str
) -> None:
    """The author's line is right: not it has to be fixed."""
    (tmp_path / "main.py").write_text(CALLS_AT_IMPORT)
    with pytest.raises(BotLoadError) as caught:
        await load_bot(str(tmp_path / "main.py"))
    assert caught.value.hint.startswith(stale)


async def test_a_stale_trust_store_in_an_answer_is_the_variables_mistake(
    load_bot: Load, serve: Serve, query: Query, tmp_path: Path, stale: str
) -> None:
    """The same when the bot makes its client later."""
    (tmp_path / "main.py").write_text(CALLS_LATER)
    told: list[AuthorError] = []
    client = await serve(await load_bot(str(tmp_path / "main.py")), on_error=told.append)
    async with client.post("/", json=query()) as response:
        await response.read()
    assert told[0].hint.startswith(stale)


MOUNTS = [
    ("image.add_local_dir('data', '/root/far')", "data at /root/far"),
    ("image.add_local_file(WORDS, remote_path='/root/far/')", "WORDS at /root/far"),
    ("image.copy_local_file('a.txt', '/far/a.txt')", "a.txt at /far/a.txt"),
    ("modal.Mount.from_local_dir('data', remote_path='/far')", "data at /far"),
    (
        "app.function(volumes={'/far': modal.Volume.from_name('v')})",
        "volume modal.Volume.from_name('v') at /far",
    ),
    ("app.function(network_file_systems={'/far': files})", "volume files at /far"),
]
MOUNTING = """
import modal
WORDS = files = "words.txt"
image = modal.Image.debian_slim()
app = modal.App("a")
{}
"""


@pytest.mark.parametrize(("mount", "said"), MOUNTS)
async def test_a_path_of_the_container_is_remarked(
    load_bot: Load, tmp_path: Path, mount: str, said: str
) -> None:
    """What is there on Modal's machines is named with where it is from."""
    (tmp_path / "main.py").write_text(MOUNTING.format(mount) + BOT)
    loaded = await load_bot(str(tmp_path / "main.py"))
    assert [note for note in loaded.notes if said in note and "does not exist here" in note]


@pytest.mark.parametrize(
    "mount", ["image.add_local_dir('.', '/root')", "image.add_local_dir('a', WORDS)", ""]
)
async def test_what_is_found_here_too_is_not_remarked(
    load_bot: Load, tmp_path: Path, mount: str
) -> None:
    """Relative paths are those of /root there, and a path that is only known later is nobody's."""
    (tmp_path / "main.py").write_text(MOUNTING.format(mount) + BOT)
    assert (await load_bot(str(tmp_path / "main.py"))).notes == ()


async def test_a_file_of_the_container_that_is_read_at_import_is_explained(
    load_bot: Load, tmp_path: Path
) -> None:
    """The hint is the mount it is in."""
    read = "image.add_local_dir('data', '/far')\nTEXT = open('/far/words.txt').read()"
    (tmp_path / "main.py").write_text(MOUNTING.format(read) + BOT)
    with pytest.raises(BotLoadError) as caught:
        await load_bot(str(tmp_path / "main.py"))
    assert "Modal mounts data at /far" in caught.value.hint


RAISED = {
    "past Exception": "class Odd(BaseException):\n    pass\nraise Odd('x')\n",
    "a cancellation": "import asyncio\nraise asyncio.CancelledError\n",
    "without a text": "class Odd(Exception):\n    def __str__(self): raise self\nraise Odd\n",
}


@pytest.mark.parametrize("code", RAISED.values(), ids=RAISED)
async def test_whatever_a_file_raises_is_its_own(code: str, load_bot: Load, tmp_path: Path) -> None:
    """It is told with the author's line, and never with frames of ours."""
    (tmp_path / "main.py").write_text(code)
    with pytest.raises(BotLoadError) as caught:
        await load_bot(str(tmp_path / "main.py"))
    last = len(code.splitlines())
    assert f"main.py:{last}" in caught.value.why
    assert "discovery.py" not in caught.value.detail
