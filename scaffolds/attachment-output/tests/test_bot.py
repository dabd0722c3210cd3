from __future__ import annotations

from urllib.request import urlopen

from poecli.testing import PoeBot


def test_a_text_and_a_picture_are_attached(poe_bot: PoeBot) -> None:
    answer = poe_bot.ask("Grüße!")
    text, picture = answer.files
    assert answer.text.endswith(f"![the colour of your message][{picture.inline_ref}]")
    assert (text.name, urlopen(text.url).read().decode()) == ("message.txt", "Grüße!")
    assert picture.name == "swatch.png"
    assert urlopen(picture.url).read().startswith(b"\x89PNG")
