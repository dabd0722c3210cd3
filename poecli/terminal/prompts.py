"""Questions to a person; without one, an error that lists the flags to pass instead.

Questions are drawn on stderr, so that they never mix with data on stdout. Ctrl-C at a question
raises KeyboardInterrupt. Call from synchronous code: a question runs an event loop of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poecli.errors import MissingChoice
from poecli.terminal.console import Console

Check = Callable[[str], str]
"""Looks at an answer: an empty string accepts it, other text says what is wrong with it."""


@dataclass(frozen=True)
class Ask:
    """A line of text; with ``secret`` shown as stars and never echoed.

    An empty answer is ``default``, which is shown beside the question.
    """

    question: str
    flag: str
    default: str = ""
    check: Check | None = None
    secret: bool = False

    @property
    def for_flag(self) -> str:
        """What the flag is about, for the list of missing flags."""
        return self.question


@dataclass(frozen=True)
class Choose:
    """One of several values; ``choices`` maps each value to what the person reads."""

    question: str
    flag: str
    choices: Mapping[str, str]
    default: str | None = None

    @property
    def for_flag(self) -> str:
        """What the flag is about, for the list of missing flags."""
        return f"{self.question} One of: {', '.join(self.choices)}"


def ask_all(console: Console, questions: Mapping[str, Ask | Choose]) -> dict[str, str]:
    """The answer to each question, by name.

    Raises MissingChoice, naming every flag at once, where nobody can be asked.
    """
    if questions and not console.can_ask:
        raise _missing(console, [(q.flag, q.for_flag) for q in questions.values()])
    return {name: _ask(console, question) for name, question in questions.items()}


def ask_text(
    console: Console, question: str, *, flag: str, default: str = "", check: Check | None = None
) -> str:
    """A line of text. Raises MissingChoice without a terminal."""
    return ask_all(console, {"": Ask(question, flag, default, check)})[""]


def ask_secret(console: Console, question: str, *, flag: str, check: Check | None = None) -> str:
    """A key: nothing of it is shown or kept. Raises MissingChoice without a terminal."""
    return ask_all(console, {"": Ask(question, flag, check=check, secret=True)})[""]


def ask_choice(
    console: Console,
    question: str,
    choices: Mapping[str, str] | Sequence[str],
    *,
    flag: str,
    default: str | None = None,
) -> str:
    """One of the values. Raises MissingChoice, with the values, without a terminal."""
    named = choices if isinstance(choices, Mapping) else {choice: choice for choice in choices}
    return ask_all(console, {"": Choose(question, flag, named, default)})[""]


def confirm(console: Console, question: str, *, flag: str = "--yes", default: bool = False) -> bool:
    """Yes or no. Raises MissingChoice without a terminal: silence is no consent."""
    if not console.can_ask:
        raise _missing(console, [(flag, question)])
    # Questionary brings prompt_toolkit, 0.17 s: only when somebody is asked.
    import questionary  # noqa: PLC0415 - heavy, see above

    asked = questionary.confirm(question, default=default, **_streams(console))
    return bool(asked.unsafe_ask())


def _missing(console: Console, flags: list[tuple[str, str]]) -> MissingChoice:
    names = " ".join(dict.fromkeys(flag for flag, _ in flags))
    width = max(len(flag) for flag, _ in flags)
    many = len(flags) > 1
    return MissingChoice(
        f"{len(flags)} choices are missing." if many else "A choice is missing.",
        why=f"{why_silent(console)}, so poe can't ask.",
        detail="\n".join(f"{flag.ljust(width)}  {about}" for flag, about in flags),
        hint=f"Pass {names}.",
    )


def why_silent(console: Console) -> str:
    """Why nobody can be asked, to begin a sentence with."""
    if console.no_input:
        return "--no-input is set"
    if console.json_mode:
        return "--json is set"
    return "There is no terminal"


def _ask(console: Console, ask: Ask | Choose) -> str:
    import questionary  # noqa: PLC0415 - heavy, see confirm()

    streams = _streams(console)
    if isinstance(ask, Choose):
        choices = [questionary.Choice(shown, value) for value, shown in ask.choices.items()]
        asked = questionary.select(ask.question, choices, default=ask.default, **streams)
    elif ask.secret:
        asked = questionary.password(ask.question, validate=_validator(ask), **streams)
    else:
        # The proposal is shown, not typed ahead: what a person types takes its place.
        asked = questionary.text(
            ask.question,
            instruction=f"({ask.default}) " if ask.default else None,
            validate=_validator(ask),
            **streams,
        )
    return str(asked.unsafe_ask()) or (ask.default if isinstance(ask, Ask) else "")


def _validator(ask: Ask) -> Callable[[str], bool | str]:
    """In questionary's terms: True, or the text of the complaint."""

    def validate(answer: str) -> bool | str:
        complaint = ask.check(answer or ask.default) if ask.check else ""
        return complaint or True

    return validate


def _streams(console: Console) -> dict[str, Any]:
    from prompt_toolkit.input import create_input  # noqa: PLC0415 - heavy, see confirm()
    from prompt_toolkit.output import create_output  # noqa: PLC0415 - heavy, see confirm()

    return {
        "input": create_input(console.stdin, always_prefer_tty=False),
        "output": create_output(console.stderr, always_prefer_tty=False),
    }
