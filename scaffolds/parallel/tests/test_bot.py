from poecli.testing import PoeBot, StartPoeDev

from main import MODELS


def test_both_answers_are_shown(poe_bot: PoeBot) -> None:
    answer = poe_bot.ask("Who are you?")
    assert sorted(call.bot for call in answer.calls or ()) == sorted(MODELS)
    assert answer.text.count("> Who are you?") == 2
    assert all(f"**{model}**" in answer.text for model in MODELS)
    assert answer.kinds == ["replace_response", "done"]


def test_one_bot_that_fails_leaves_the_other(start_poe_dev: StartPoeDev) -> None:
    bot = start_poe_dev("--bot", f"{MODELS[0]}=off").bot()
    text = bot.ask("Who are you?").text
    assert text.count("No more came") == 1
    assert text.count("> Who are you?") == 1
