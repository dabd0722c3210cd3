"""An event of Poe's sent by hand from the page, as `poe trigger` sends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from poecli.client.address import BotAddress
from poecli.client.http import Session
from poecli.config.redaction import masked_value, usable_keys
from poecli.dev_events import ServedBot
from poecli.errors import UsageError
from poecli.playground.api import TriggeredEvent
from poecli.playground.turns import MOST_TURNS
from poecli.suggestions import did_you_mean
from poecli.trigger.bodies import EVENTS, body_of
from poecli.trigger.paths import JsonPath
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import last_turns

_SECONDS = 60.0  # for the whole answer


def turn_about(root: Path, triggered: TriggeredEvent) -> KeptTurn | None:
    """The kept turn that an event is about: that of the answer it names, else the bot's last one.

    Raises UsageError where the one it names is not kept.
    """
    newest = [turn for turn in reversed(last_turns(root, MOST_TURNS)) if turn.whole]
    if not triggered.message:
        return next((turn for turn in newest if triggered.bot in ("", turn.bot)), None)
    for turn in newest:
        if turn.request.get("message_id") == triggered.message:
            return turn
    raise UsageError(f"No turn is kept with the answer {triggered.message}.")


def bot_told(
    triggered: TriggeredEvent, turn: KeptTurn | None, bots: Sequence[ServedBot]
) -> ServedBot:
    """The bot that is named, else that of the turn, else the first one. Raises UsageError."""
    name = triggered.bot or (turn.bot if turn else "")
    for bot in bots:
        if name in ("", bot.name):
            return bot
    raise UsageError(f"No bot {name!r} is served here.")


async def send_event(
    bot: BotAddress, triggered: TriggeredEvent, turn: KeptTurn | None, session: Session
) -> dict[str, Any]:
    """The body that was sent about a turn, the answer, and the rules that it breaks.

    Raises UsageError, and NotReachable when no connection can be made.
    """
    # Half of `poe check`: no start of `poe dev` waits for it.
    from poecli.conformance.probes.answer_json import answer_json  # noqa: PLC0415 - see above
    from poecli.conformance.probes.bounds import Bounds  # noqa: PLC0415 - see above
    from poecli.conformance.probes.verdict import judge  # noqa: PLC0415 - see above
    from poecli.probe.exchange import Wire  # noqa: PLC0415 - see above

    body = _body(triggered, turn)
    answer = await Wire(session, bot, _SECONDS).send(body)
    told = {
        "event": triggered.event,
        "bot": bot.name,
        "sent": body,
        **answer_json(answer, judge(answer, Bounds(), _SECONDS)),
    }
    masked: dict[str, Any] = masked_value(told, usable_keys([bot.key.reveal()] if bot.key else []))
    return masked


def _body(triggered: TriggeredEvent, turn: KeptTurn | None) -> Any:
    if triggered.event not in EVENTS:
        raise UsageError(
            f"There is no event {triggered.event!r}.",
            hint=did_you_mean(triggered.event, EVENTS) or ", ".join(EVENTS),
        )
    body: Any = body_of(triggered.event, None if turn is None else turn.request)
    for path, value in triggered.set.items():
        body = JsonPath("set", path).put(body, value)
    for path in triggered.remove:
        body = JsonPath("remove", path).cut(body)
    return body
