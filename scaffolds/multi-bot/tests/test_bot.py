import fastapi_poe as fp

from conftest import Ask


def test_every_speaker_is_named(ask: Ask) -> None:
    before = [
        fp.ProtocolMessage(role="user", content="A poem, please."),
        fp.ProtocolMessage(
            role="bot", sender=fp.Sender(name="Poet"), content="Roses are red,\nand so"
        ),
        fp.ProtocolMessage(role="bot", content="Hm."),
    ]
    text = ask("And you?", before=before).text
    assert text.splitlines()[2:] == [
        "- **you**: A poem, please.",
        "- **Poet**: Roses are red,",
        "- **a bot**: Hm.",
        "- **you**: And you?",
    ]
