from poecli.testing import PoeBot


def test_the_bot_says_what_you_said(poe_bot: PoeBot) -> None:
    assert poe_bot.ask("Hello!").text == "Hello!"
