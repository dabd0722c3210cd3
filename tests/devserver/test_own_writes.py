"""Files the bot writes while it loads and answers: its data, and no saves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from poecli.dev_events import Notice, Reloaded
from poecli.devserver.saves.own_writes import MOST_LOADS, Saves
from poecli.devserver.saves.watcher import FileWatcher
from tests.devserver.running import Running, running

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("written", "modules", "changed", "saves"),
    [
        ({"users.json"}, {"main.py"}, ["users.json"], []),
        ({"users.json"}, {"main.py"}, ["users.json", "main.py"], ["main.py"]),
        ({"out"}, {"main.py"}, ["out/a.png"], []),
        (set(), {"main.py"}, ["prompt.md"], ["prompt.md"]),
        ({"made.py"}, {"main.py", "made.py"}, ["made.py"], ["made.py"]),
        ({"made.py"}, {"main.py"}, ["made.py"], []),
    ],
)
def test_what_the_bot_wrote_is_no_save(
    written: Collection[str], modules: Collection[str], changed: list[str], saves: list[str]
) -> None:
    """Unless it is a module that it imports; each such file is named once."""
    said: list[str] = []
    judge = Saves(ROOT, said.append, lambda: 60.0)
    for name in written:
        judge.wrote(str(ROOT / name))
    for _ in range(2):
        found = judge.among([ROOT / n for n in changed], {ROOT / n for n in modules})
        assert found == tuple(ROOT / name for name in saves)
    own = set(changed) - set(saves)
    assert [text.split()[0] for text in said] == list(own)


@pytest.mark.parametrize(
    ("idle", "names", "loads"),
    [
        pytest.param([0.1] * 6, ["a.json"] * 6, MOST_LOADS, id="the bot is at work"),
        pytest.param([60.0] * 6, ["a.json"] * 6, 6, id="somebody writes a prompt"),
        pytest.param([0.1] * 6, ["main.py"] * 6, 6, id="code"),
        pytest.param([0.1] * 6, [f"{n}.png" for n in range(6)], MOST_LOADS, id="ever new files"),
        pytest.param([0.1, 0.1, 0.1, 60.0, 0.1, 0.1], ["a.json"] * 6, 6, id="not in a row"),
        pytest.param([0.1] * 4 + [60.0, 60.0], ["a.json"] * 6, 5, id="later, by hand"),
    ],
)
def test_a_file_that_causes_load_after_load(
    idle: list[float], names: list[str], loads: int
) -> None:
    """What something else writes whenever the bot works is named and left alone; saves are not."""
    said: list[str] = []
    times = iter(idle)
    judge = Saves(ROOT, said.append, lambda: next(times))
    caused = [judge.among([ROOT / name], ()) for name in names]
    assert sum(map(bool, caused)) == loads
    assert all(f"{MOST_LOADS} reloads in a row" in text for text in said)
    assert bool(said) is (loads in (MOST_LOADS, 5))


def test_r_begins_anew() -> None:
    """After a reload the author asked for, every file is theirs until the bot writes it again."""
    judge = Saves(ROOT, lambda _text: None, lambda: 60.0)
    judge.wrote(str(ROOT / "users.json"))
    judge.forget()
    assert judge.among([ROOT / "users.json"], ())


BOT = """
import json, os, pathlib, shutil, sqlite3, subprocess, sys, tempfile
import fastapi_poe as fp

pathlib.Path("at_import.json").write_text(str(os.getpid()))
ANSWERS = []

def write_all():
    pathlib.Path("users.json").write_text(str(len(ANSWERS)))
    with open("appended.txt", "a") as file:
        file.write("x")
    os.close(os.open("low.bin", os.O_WRONLY | os.O_CREAT))
    handle, name = tempfile.mkstemp(dir=".")
    os.close(handle)
    os.replace(name, "moved.csv")
    shutil.copyfile("users.json", "copied.json")
    os.makedirs("out/deep", exist_ok=True)
    pathlib.Path("out/deep/page.html").write_text("x")
    shutil.rmtree("out")
    connection = sqlite3.connect("memory.bin")
    connection.execute("create table if not exists t (n)")
    connection.execute("insert into t values (1)")
    connection.commit()
    connection.close()
    os.truncate("low.bin", 3)
    os.utime("appended.txt")
    os.symlink("users.json", "link")
    os.remove("link")

class Bot(fp.PoeBot):
    async def get_response(self, request):
        ANSWERS.append(1)
        if request.query[-1].content == "program":
            code = "open('by_program.json', 'a').write('x')"
            subprocess.run([sys.executable, "-c", code])
        else:
            write_all()
        yield fp.PartialResponse(text=f"answer {len(ANSWERS)}")
"""


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Running]:
    """The bot of that folder, served and really watched."""
    (folder / "main.py").write_text(BOT)
    said: list[str] = []
    async with running(folder, watcher=FileWatcher(folder, warn=said.append)) as run:
        yield run


async def saved_until_reloaded(run: Running, name: str) -> Reloaded:
    """Save a file of the author's again and again until it is taken in."""
    coming = asyncio.create_task(run.next(Reloaded))
    for number in range(100):
        await asyncio.to_thread((run.folder / name).write_text, str(number))
        if (await asyncio.wait({coming}, timeout=0.5))[0]:
            break
    return coming.result()


async def noticed(run: Running, name: str) -> str:
    """The first notice of that file."""
    while name not in (notice := await run.next(Notice, warning=False)).text:
        pass
    return notice.text


async def test_a_bot_that_writes_files_keeps_its_memory(tmp_path: Path) -> None:
    """Whatever way it writes them, at import and in each answer; a save reloads all the same."""
    async with watched(tmp_path) as run:
        answers = [(await run.bot.ask("hi")).text for _ in range(3)]
        reloaded = await saved_until_reloaded(run, "prompt.md")
        notices = [notice.text for notice in run.all(Notice)]
    assert answers == ["answer 1", "answer 2", "answer 3"]
    assert reloaded.files == ("prompt.md",)
    assert any(
        text.endswith(" is written by the bot itself: not reloading (r reloads)")
        for text in notices
    )


async def said_of(run: Running, name: str) -> str:
    """The first notice that names a file."""
    while name not in (notice := await run.next(Notice, warning=False)).text:
        pass
    return notice.text


async def written_until_left_alone(run: Running, name: str) -> str:
    """Have a program of the bot's write a file until that is said of it."""
    coming = asyncio.create_task(said_of(run, name))
    for _ in range(100):  # on a busy machine what follows late does not count as in a row
        await run.bot.ask("program")
        if (await asyncio.wait({coming}, timeout=0.5))[0]:
            break
    return coming.result()


async def test_what_a_program_of_the_bot_writes(tmp_path: Path) -> None:
    """It can't be known at once, and is left alone after some loads."""
    async with watched(tmp_path) as run:
        await saved_until_reloaded(run, "notes.py")
        said = await written_until_left_alone(run, "by_program.json")
        loads = [load.files for load in run.all(Reloaded)]
    assert f"has caused {MOST_LOADS} reloads in a row" in said
    assert loads.count(("by_program.json",)) >= MOST_LOADS
