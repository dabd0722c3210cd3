"""A bot's own server: by which command it is started, and what its end does to an answer."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from poecli.conformance.hosts.restart import RULE, OwnServer, look_at_restart
from poecli.conformance.hosts.start import NotStarted, deployed_command
from poecli.conformance.results import Run
from poecli.scaffold.create import NewOptions, carry_out, plan
from tests.poe import clean_environment

SDK = "import fastapi_poe as fp\nif __name__ == '__main__':\n    fp.run(bot)\n"
PLAIN = "import uvicorn\nuvicorn.run(app, port=9000)\n"
MODAL = "import modal\n@modal.App('a').function()\n@modal.asgi_app()\ndef web(): ...\n"
# Files of a project, and the words of its command on port 1.
COMMANDS: dict[str, tuple[dict[str, str], list[str]]] = {
    "fp.run": ({"main.py": SDK}, ["python", "main.py", "--port", "1"]),
    "uvicorn.run": ({"main.py": PLAIN}, ["python", "main.py"]),
    "an image that runs it": (
        {"main.py": SDK, "Dockerfile": 'FROM a\nCMD ["python", "main.py"]\n'},
        ["python", "main.py", "--port", "1"],
    ),
    "a shell that runs it": (
        {"main.py": SDK, "Dockerfile": "FROM a\nCMD exec python main.py\n"},
        ["sh", "-c", "exec python main.py --port 1"],
    ),
    "a port of its own": (
        {"Dockerfile": 'FROM a\nENTRYPOINT ["uvicorn"]\nCMD ["a:b", "--port", "80"]\n'},
        ["uvicorn", "a:b", "--port", "1"],
    ),
    "an entry that is a line": (
        {"Dockerfile": 'FROM a\nENTRYPOINT exec uvicorn a:b\nCMD ["--port", "80"]\n'},
        ["sh", "-c", "exec uvicorn a:b"],
    ),
    "the port of the host": (
        {"Procfile": "web: uvicorn a:b --port $PORT\n"},
        ["sh", "-c", "uvicorn a:b --port $PORT"],
    ),
    "an address": (
        {"Procfile": "web: gunicorn a:b --bind 0.0.0.0:8000 -w 2\n"},
        ["sh", "-c", "gunicorn a:b --bind 0.0.0.0:1 -w 2"],
    ),
}
# Files of a project that says nothing of it.
NONE = {
    "Modal": {"main.py": SDK, "modal_app.py": MODAL},
    "no main block": {"main.py": "import fastapi_poe\n"},
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("files", "words"), COMMANDS.values(), ids=COMMANDS)
def test_the_command_is_that_of_the_project(
    tmp_path: Path, files: dict[str, str], words: list[str]
) -> None:
    """An image's own goes before the main block; where it names a port, ours is put there."""
    written(tmp_path, files)
    assert deployed_command(tmp_path, tmp_path / "main.py").arguments(1) == words


@pytest.mark.parametrize("files", NONE.values(), ids=NONE)
def test_without_a_command_of_its_own_nothing_is_started(
    tmp_path: Path, files: dict[str, str]
) -> None:
    """Nobody deploys a main block beside Modal."""
    written(tmp_path, files)
    with pytest.raises(NotStarted):
        deployed_command(tmp_path, tmp_path / "main.py")


def restarted(folder: Path) -> Run:
    """What is seen of the project's own server."""
    command = deployed_command(folder, folder / "main.py")
    keys = ("POE_ACCESS_KEY",)
    server = OwnServer(command, folder, Path(sys.executable), clean_environment(), keys, "/", None)
    return asyncio.run(look_at_restart(server, lambda file: file.name))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_the_image_of_a_new_project_lets_answers_end(tmp_path: Path) -> None:
    """Its command is run as it stands in the Dockerfile, with all its workers."""
    project = tmp_path / "bot"
    carry_out(plan(NewOptions(template="echo", directory=str(project), deploy="docker")))
    assert restarted(project) == Run((), frozenset({RULE}))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (
            "echo no such thing; exit 3",
            "`echo no such thing; exit 3`: it ended with exit code 3: no such thing",
        ),
        (
            "x\nENV PYTHONPATH=src\nCMD echo ${PYTHONPATH##*:}; exit 3",
            "`echo ${PYTHONPATH##*:}; exit 3`: it ended with exit code 3: src",
        ),
        (
            '["no-such-program", "a:b"]',
            "`no-such-program a:b`: it can't be started: no such file or folder",
        ),
    ],
)
def test_a_server_that_does_not_start_is_not_judged(
    tmp_path: Path, command: str, reason: str
) -> None:
    """Its last words are shown; what an image has may not be installed here."""
    written(tmp_path, {"Dockerfile": f"FROM a\nCMD {command}\n"})
    assert restarted(tmp_path).untested[RULE] == reason


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_shell_that_keeps_the_signal_for_itself_is_found(tmp_path: Path) -> None:
    """In a container everything is killed then, as soon as the host has waited enough."""
    main = f"import fastapi_poe as fp\nbot = fp.PoeBot()\n{SDK}"
    written(tmp_path, {"main.py": main, "Dockerfile": "FROM a\nCMD true && python main.py; true\n"})
    (found,) = restarted(tmp_path).findings
    assert "begin the command with exec" in found.detail


# A command that ends as soon as its server listens; the server answers when it has ended.
WAITS = """\
import os, socket, time
while socket.socket().connect_ex(("127.0.0.1", int(os.environ["PORT"]))):
    time.sleep(0.01)  # a port tells in no other way that it is open
"""
ALONE = """\
import asyncio, os
import fastapi_poe as fp
from fastapi import FastAPI

app, command = FastAPI(), os.getppid()


@app.middleware("http")
async def alone(request, answer):
    while os.getppid() == command:
        await asyncio.sleep(0.01)
    return await answer(request)


if __name__ == "__main__":
    fp.run(fp.PoeBot(), app=app)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_command_that_leaves_its_server_behind_is_not_judged(tmp_path: Path) -> None:
    """There is nobody left to be told to end; in a container all would be over."""
    image = "FROM a\nCMD python main.py & exec python waits.py\n"
    written(tmp_path, {"main.py": ALONE, "waits.py": WAITS, "Dockerfile": image})
    told = restarted(tmp_path).untested[RULE]
    assert told.endswith("it ended with exit code 0, before its server")
