from poecli.testing import PoeBot, PoeDev


def test_query_parameters_are_read(poe_dev: PoeDev) -> None:
    bot = poe_dev.bot(url_query="shop=berlin&lang=de")
    text = bot.ask("Hello!").text
    assert "`shop`: berlin" in text
    assert "`lang`: de" in text


def test_without_query_parameters_the_bot_says_so(poe_bot: PoeBot) -> None:
    assert poe_bot.ask("Hello!").text == (
        "Poe reached me at `/`.\n\nThere are no query parameters."
    )
