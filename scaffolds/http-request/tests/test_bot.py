from conftest import Ask


def test_query_parameters_are_read(ask: Ask) -> None:
    text = ask("Hello!", url_query="shop=berlin&lang=de").text
    assert "`shop`: berlin" in text
    assert "`lang`: de" in text


def test_without_query_parameters_the_bot_says_so(ask: Ask) -> None:
    assert ask("Hello!").text == (
        "Poe reached me at `/`.\n\nThere are no query parameters."
    )
