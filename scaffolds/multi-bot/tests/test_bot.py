from __future__ import annotations

import fastapi_poe as fp
import pytest
from poecli.testing import PoeBot

from main import speaker


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (fp.ProtocolMessage(role="user", content="A poem, please."), "you"),
        (
            fp.ProtocolMessage(
                role="bot", content="Roses are red", sender=fp.Sender(name="Poet")
            ),
            "Poet",
        ),
        (fp.ProtocolMessage(role="bot", content="Hm."), "a bot"),
    ],
    ids=["user", "bot with a name", "bot without"],
)
def test_every_speaker_is_named(message: fp.ProtocolMessage, name: str) -> None:
    assert speaker(message) == name


def test_each_message_is_told_with_its_first_line(poe_bot: PoeBot) -> None:
    poe_bot.ask("A poem, please.\nA short one.")
    lines = poe_bot.ask("And you?").text.splitlines()
    assert lines[2] == "- **you**: A poem, please."
    assert lines[-1] == "- **you**: And you?"
