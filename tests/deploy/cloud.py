"""Projects, and the providers that they are deployed to, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from poecli.commands.run import run
from poecli.config.project import read_project
from poecli.terminal.console import Console
from tests.emulator.asking import NO_TLS, query
from tests.poe import Ran, clean_environment
from tests.scripted import Answer, ScriptedServer, in_a_thread

KEY = "k3y-of-the-bot-" + "x" * 17
PROGRAMS = ("modal", "fly", "docker")
SECONDS = 60
BOT = """\
import asyncio

import fastapi_poe as fp


class Word(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="{word}")
        text = request.query[-1].content
        for _ in range(int(text) if text.isdigit() else 0):
            await asyncio.sleep(0.05)
            yield fp.PartialResponse(text=".")

    async def get_settings(self, setting):
        return fp.SettingsResponse(introduction_message="{word}")


bot = Word()
"""
QUICK = ("--skip", "check", "--skip", "tests")
WORKS_HERE_ONLY = """
import os

if "POE_BUILD" in os.environ:
    async def failing(self, request):
        yield fp.PartialResponse(text=os.environ["NOT_SET_THERE"])

    Word.get_response = failing
"""


@dataclass
class Cloud:
    """A folder with the programs of all providers, and what they keep."""

    folder: Path
    poe: ScriptedServer

    @property
    def env(self) -> dict[str, str]:
        """Of a user who has these programs."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        return {**home, "PATH": path, "CLOUD": str(self.folder), "POE_BASE_URL": self.poe.url}

    def mood(self, text: str) -> None:
        (self.folder / "mood").write_text(text)

    @property
    def calls(self) -> list[dict[str, Any]]:
        lines = (self.folder / "calls.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    @property
    def told_to_poe(self) -> int:
        """How often Poe was told of settings."""
        return len(self.poe.requests)


@contextmanager
def a_cloud(folder: Path, **env: str) -> Iterator[Cloud]:
    """The programs, a datacenter that runs what they deploy, and a Poe that takes every sync.

    The datacenter has ``env`` too.
    """
    (folder / "bin").mkdir(parents=True)
    program = Path(__file__).with_name("standin.py").read_text(encoding="utf-8")
    for name in PROGRAMS:
        file = folder / "bin" / name
        file.write_text(f"#!{sys.executable} -IS\n{program}", encoding="utf-8")
        file.chmod(0o755)
    center = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.datacenter", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=clean_environment(**env),
    )
    assert center.stdout
    taken = Answer([b"Updated settings."], content_type="text/plain")
    try:
        center.stdout.readline()
        with in_a_thread(taken) as poe:
            yield Cloud(folder, poe)
    finally:
        center.communicate()


@dataclass
class Project:
    """A folder with a bot, deployed from there."""

    root: Path
    cloud: Cloud

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True)
        (self.root / ".git").mkdir()  # nothing above belongs to it
        self.save("one")
        (self.root / ".env").write_text(f"POE_ACCESS_KEY={KEY}\n", encoding="utf-8")

    def save(self, word: str, more: str = "") -> None:
        (self.root / "main.py").write_text(BOT.format(word=word) + more, encoding="utf-8")

    def poe_toml(self, text: str) -> None:
        (self.root / "poe.toml").write_text(text, encoding="utf-8")

    def poe(self, *arguments: str, **env: str) -> Ran:
        """`poe ARGUMENTS` there, in this process."""
        with _folder(self.root):
            console = Console.test(env={**self.cloud.env, **env})
            code = run(arguments, console)
        return Ran(code, console.stdout.getvalue(), console.stderr.getvalue())  # type: ignore[attr-defined] # buffers in tests

    def url(self, bot: str = "") -> str:
        """Of a bot, or the first one, as poe.toml has it."""
        bots = read_project(self.root / "poe.toml").bots
        return bots[bot or next(iter(bots))].url or ""

    def answer(self, text: str = "hello", *, bot: str = "") -> str:
        """What the deployed bot answers, and whether it came to its end."""
        url = self.url(bot)
        headers = {"Authorization": f"Bearer {KEY}"}
        body = query(text, user_id="u", conversation_id="c")
        answer = httpx.post(url, json=body, headers=headers, verify=NO_TLS, timeout=SECONDS)
        data = [
            json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")
        ]
        return "".join(each.get("text", "") for each in data) + (
            "" if data[-1:] == [{}] else " CUT"
        )


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@dataclass
class Streams:
    """Answers under way, each in a thread of its own; ``texts`` once they have ended."""

    project: Project
    texts: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, count: int, pieces: int) -> None:
        self._threads = [threading.Thread(target=self._ask, args=[pieces]) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self, pieces: int) -> None:
        self.texts.append(self.project.answer(str(pieces)))

    def end(self) -> list[str]:
        for thread in self._threads:
            thread.join(SECONDS)
        return self.texts
