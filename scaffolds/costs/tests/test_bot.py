from poecli.testing import StartPoeDev

from main import MAX_WORDS, cost_of


def test_an_answer_is_paid_for_or_not_given(start_poe_dev: StartPoeDev) -> None:
    enough_for_one = cost_of(MAX_WORDS).amount_usd_milli_cents
    bot = start_poe_dev("--balance", str(enough_for_one)).bot()

    assert bot.ask("one two three").text == "three two one"

    # Three words were paid for, so the balance no longer covers the most an answer can cost.
    refused = bot.ask("four five")
    assert refused.text == ""
    assert refused.error is not None
    assert refused.error.error_type == "insufficient_fund"
