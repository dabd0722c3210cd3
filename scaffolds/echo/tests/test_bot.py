from conftest import Ask


def test_the_bot_says_what_you_said(ask: Ask) -> None:
    assert ask("Hello!").text == "Hello!"
