"""What a bot and its folder may be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from poecli.config.values import suggest_handle
from poecli.errors import UsageError
from poecli.scaffold.names import check_folder_name, check_handle, renamed


@pytest.mark.parametrize("name", ["echo", "my-bot", "A.b_c-9", "x" * 20])
def test_a_handle_that_poe_allows_passes(name: str) -> None:
    """Letters, digits, dash, period, underscore; 4 to 20 of them."""
    assert check_handle(name) == name


@pytest.mark.parametrize(
    "name", ["", "bot", "x" * 21, "my bot", "böt-bot", "a/bc", "bot\n", "機器人機器人"]
)
def test_a_handle_that_poe_refuses_is_refused_here(name: str) -> None:
    """The error says Poe's rule."""
    with pytest.raises(UsageError, match="can't be the name of a bot") as caught:
        check_handle(name)
    assert "4 to 20" in caught.value.why


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("my-bot", "my-bot"),
        ("My-Bot", "My-Bot"),
        ("My Bot (old)", "my-bot-old"),
        ("böt ünïcode", "bot-unicode"),
        ("  spaces  ", "spaces"),
        (".hidden-bot", "hidden-bot"),
        ("function-calling-loop", "function-calling"),
        ("x" * 40, "x" * 20),
        ("a-" + "b" * 40, "a-" + "b" * 18),
        ("Spaß", "spass"),
        ("v1", "v1-bot"),
        ("bot", "my-bot"),
        ("機器人", "my-bot"),
        ("", "my-bot"),
    ],
)
def test_any_text_gives_a_near_handle(text: str, handle: str) -> None:
    """Long names are cut between words; what leaves too little is added to."""
    assert suggest_handle(text) == handle


@pytest.mark.parametrize(
    ("folder", "said"), [("my-bot", ""), ("My Bot", "called my-bot: 'My Bot'")]
)
def test_a_folders_name_that_is_no_handle_is_said(folder: str, said: str) -> None:
    """In one sentence, with the flag that gives another."""
    sentence = renamed(Path(folder), "my-bot")
    assert said in sentence
    assert bool(sentence) == ("--name" in sentence)


@pytest.mark.parametrize("name", ["my-bot", "my cool bot", "機器人", "console", "com10", ".dot"])
def test_an_odd_folder_name_passes_where_every_system_holds_it(name: str) -> None:
    """Spaces and any script are fine."""
    check_folder_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("CON", "nul.txt", "com1", "LPT9.log", "aux ", "bot.", "bot "),
        *('a"b', "a:b", "a?b", "a\nb", "x" * 256, "機" * 86),
    ],
)
def test_a_folder_name_that_some_system_refuses_is_refused(name: str) -> None:
    """Also on Linux: the project could not be shared."""
    with pytest.raises(UsageError, match="can't be the name of a folder"):
        check_folder_name(name)
