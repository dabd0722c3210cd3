from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from poecli.errors import MissingChoice
from poecli.terminal.console import Console
from poecli.terminal.prompts import Ask, Choose, ask_all, ask_choice, ask_secret, ask_text, confirm

if sys.platform != "win32":
    import tty

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

DOWN = "\x1b[B"
CTRL_C = "\x03"
CTRL_U = "\x15"


class Person:
    """The far end of a pseudo-terminal."""

    def __init__(self) -> None:
        self.keyboard, self._terminal = os.openpty()
        tty.setraw(self._terminal)  # else the driver acts on keys typed before the question
        reader = open(self._terminal, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor, closed below
        writer = open(self._terminal, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise
        self.console = Console(reader, writer, writer, {"TERM": "xterm"})

    def types(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())

    def sees(self) -> str:
        return os.read(self.keyboard, 1_000_000).decode()

    def leaves(self) -> None:
        self.console.stdin.close()
        self.console.stdout.close()
        os.close(self._terminal)
        os.close(self.keyboard)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    # Else each question waits a second for the terminal to say where its cursor is.
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")
    person = Person()
    yield person
    person.leaves()


def no_spaces(answer: str) -> str:
    return "no spaces, please" if " " in answer else ""


def test_text_is_what_was_typed(person: Person) -> None:
    """The line up to Enter."""
    person.types("echo-bot\r")
    assert ask_text(person.console, "Name?", flag="--name") == "echo-bot"


def test_text_offers_its_default(person: Person) -> None:
    """Enter alone takes the default."""
    person.types("\r")
    assert ask_text(person.console, "Name?", flag="--name", default="bot") == "bot"


def test_a_refused_text_is_asked_again(person: Person) -> None:
    """What the check complains about can't be sent off."""
    person.types(f"a b\r{CTRL_U}ab\r")
    assert ask_text(person.console, "Name?", flag="--name", check=no_spaces) == "ab"


def test_a_secret_never_shows(person: Person) -> None:
    """Only stars reach the screen."""
    person.types("made-up-key\r")
    assert ask_secret(person.console, "Key?", flag="--stdin") == "made-up-key"
    assert "made-up-key" not in person.sees().partition("?")[2]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [("\r", "echo"), (f"{DOWN}\r", "tools"), (f"{DOWN}{DOWN}\r", "files")],
    ids=["first", "second", "third"],
)
def test_a_choice_is_picked_with_the_arrows(person: Person, keys: str, chosen: str) -> None:
    """The value is returned, not what the person reads."""
    person.types(keys)
    choices = {"echo": "Says it again", "tools": "Calls functions", "files": "Sends files"}
    assert ask_choice(person.console, "Which?", choices, flag="--template") == chosen


@pytest.mark.parametrize(
    ("keys", "answer"),
    [("y", True), ("n", False), ("\r", False)],
    ids=["yes", "no", "nothing"],
)
def test_yes_or_no(person: Person, keys: str, answer: bool) -> None:
    """One key is enough, and Enter alone means no."""
    person.types(keys)
    assert confirm(person.console, "Sure?") is answer


@pytest.mark.parametrize("kind", [Ask("Name?", "--name"), Choose("Which?", "-t", {"a": "A"})])
def test_ctrl_c_leaves_the_question(person: Person, kind: Ask | Choose) -> None:
    """Ctrl-C is KeyboardInterrupt, as everywhere."""
    person.types(CTRL_C)
    with pytest.raises(KeyboardInterrupt):
        ask_all(person.console, {"kind": kind})


def test_several_questions_are_asked_in_order(person: Person) -> None:
    """Each answer is found under its name."""
    person.types("one\rtwo\r")
    questions = {"a": Ask("First?", "--a"), "b": Ask("Second?", "--b")}
    assert ask_all(person.console, questions) == {"a": "one", "b": "two"}


def test_nothing_to_ask_needs_no_terminal() -> None:
    """Without questions there is nothing missing."""
    assert ask_all(Console.test(), {}) == {}


def test_without_a_terminal_every_missing_flag_is_named() -> None:
    """One error lists all flags, each with what it is about and the values it takes."""
    questions: dict[str, Ask | Choose] = {
        "name": Ask("What is the bot's name?", "--name"),
        "template": Choose("Which template?", "--template", {"echo": "Echo", "tools": "Tools"}),
    }
    with pytest.raises(MissingChoice) as caught:
        ask_all(Console.test(), questions)
    assert caught.value.hint == "Pass --name --template."
    assert caught.value.detail.splitlines() == [
        "--name      What is the bot's name?",
        "--template  Which template? One of: echo, tools",
    ]


def test_without_a_terminal_nothing_is_confirmed() -> None:
    """Silence is no consent."""
    with pytest.raises(MissingChoice, match="A choice is missing") as caught:
        confirm(Console.test(), "Overwrite?", flag="--force")
    assert caught.value.hint == "Pass --force."


@pytest.mark.parametrize(
    ("console", "why"),
    [
        (Console.test(), "no terminal"),
        (Console.test(no_input=True), "--no-input"),
        (Console.test(json_mode=True), "--json"),
    ],
    ids=["pipe", "no-input", "json"],
)
def test_the_error_says_why_nobody_is_asked(console: Console, why: str) -> None:
    """A person who set --no-input is not told about terminals."""
    with pytest.raises(MissingChoice) as caught:
        ask_text(console, "Name?", flag="--name")
    assert why in caught.value.why
