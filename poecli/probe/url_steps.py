"""The steps from a bot's URL to a streamed answer, in the order in which one explains the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.http import open_session
from poecli.probe import answers, connection
from poecli.probe.exchange import Wire
from poecli.probe.site import Pace, Site
from poecli.step_results import StepResult, examined

Steps = Mapping[str, Callable[[Site], Awaitable[StepResult]]]

BOT_STEPS: Steps = {
    "http": answers.http,
    "wrong key": answers.wrong_key,
    "access key": answers.access_key,
    "settings": answers.settings,
    "streaming": answers.streaming,
    "first event": answers.first_event,
}
URL_STEPS: Steps = {
    "address": connection.address,
    "dns": connection.dns,
    "tcp": connection.tcp,
    "tls": connection.tls,
    **BOT_STEPS,
    "clock": answers.clock,
}


async def examine_url(
    bot: BotAddress,
    *,
    show: Callable[[StepResult], None] = lambda _result: None,
    question: Mapping[str, Any] | None = None,
    pace: Pace | None = None,
    answer_seconds: float = 60.0,
    patience: float = 0.0,
    steps: Steps = URL_STEPS,
) -> list[StepResult]:
    """Take the steps, as `examined` does.

    The bot works when the last one did not fail: ``not results[-1].failed``; else its ``says``,
    ``fix`` and ``exit_code`` are what to tell, and the steps after it are left out. A query is
    asked: the body ``question``, or a short test message, which costs what the bot costs. With
    ``pace``, which is how the far side is known to answer that question, a stream that is held
    back fails; without it such a stream can only be noted. Of a second bot at one host BOT_STEPS
    say all that is new.
    """
    async with open_session() as session:
        site = Site(Wire(session, bot, answer_seconds), pace=pace)
        site.question = question or site.question
        return await examined(steps, site, show, patience)
