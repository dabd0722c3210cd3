"""A bare `poe new`, answered at a pseudo-terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from poecli.commands.run import run
from poecli.terminal.console import Console

if sys.platform != "win32":
    import tty

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

DOWN = "\x1b[B"
CTRL_C = "\x03"
CTRL_U = "\x15"


class Person:
    """The far end of a pseudo-terminal, who reads all the time so that no write blocks."""

    def __init__(self) -> None:
        self._keyboard, self._terminal = os.openpty()
        tty.setraw(self._terminal)  # else the driver acts on keys typed before the question
        reader = open(self._terminal, encoding="utf-8", closefd=False)  # noqa: SIM115 - closed below
        writer = open(self._terminal, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise
        self.console = Console(reader, writer, writer, {"TERM": "xterm"})
        self.screen = b""
        self._eyes = threading.Thread(target=self._read)
        self._eyes.start()

    def types(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def _read(self) -> None:
        try:
            while chunk := os.read(self._keyboard, 65536):
                self.screen += chunk
        except OSError:  # the other end was closed
            return

    def leaves(self) -> None:
        self.console.stdin.close()
        self.console.stdout.close()
        os.close(self._terminal)
        self._eyes.join()
        os.close(self._keyboard)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.chdir(tmp_path)
    # Else each question waits a second for the terminal to say where its cursor is.
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")
    person = Person()
    yield person
    person.leaves()


def test_every_choice_is_asked_and_the_files_are_shown(person: Person, tmp_path: Path) -> None:
    """Template, folder, name, deployment, git, and a look at the files before they are written."""
    person.types("\r" + f"{CTRL_U}my bot\r" + "\r" + f"{DOWN}\r" + "n" + "y")
    assert run(["new"], person.console) == 0
    assert {"Dockerfile", "main.py"} <= {path.name for path in (tmp_path / "my bot").iterdir()}
    assert '[bots."my-bot"]' in (tmp_path / "my bot" / "poe.toml").read_text()
    assert not (tmp_path / "my bot" / ".git").exists()
    assert b"  tests/test_bot.py" in person.screen


def test_what_a_flag_says_is_not_asked(person: Person, tmp_path: Path) -> None:
    """Template, folder and the last word are left."""
    person.types("\r\r" + "y")
    arguments = ["new", "--name", "Shouter", "--deploy", "none", "--no-git"]
    assert run(arguments, person.console) == 0
    assert '[bots."Shouter"]' in (tmp_path / "echo" / "poe.toml").read_text()


@pytest.mark.parametrize("keys", [CTRL_C, f"\r{CTRL_C}", "\r\r\r\rnn"], ids=["start", "on", "end"])
def test_a_person_who_turns_back_leaves_nothing_written(
    person: Person, tmp_path: Path, keys: str
) -> None:
    """Ctrl-C at any question, or no at the last one."""
    person.types(keys)
    assert run(["new"], person.console) == 130
    assert list(tmp_path.iterdir()) == []


def test_a_bad_answer_is_asked_again(person: Person, tmp_path: Path) -> None:
    """The complaint stands below the line; a good answer goes on."""
    person.types("\r" + f"{CTRL_U}NUL\r{CTRL_U}bot\r" + f"ab\r{CTRL_U}bot1\r" + "\r" + "n" + "y")
    assert run(["new"], person.console) == 0
    assert '[bots."bot1"]' in (tmp_path / "bot" / "poe.toml").read_text()


def test_with_a_template_nothing_is_asked(person: Person, tmp_path: Path) -> None:
    """Who names it knows the flags."""
    assert run(["new", "echo", "bot1"], person.console) == 0
    assert (tmp_path / "bot1" / "modal_app.py").is_file()
