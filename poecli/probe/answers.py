"""The steps that ask the bot something: HTTP, keys, settings, a streamed answer, the clock."""

from __future__ import annotations

import time
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pydantic import ValidationError

from poecli.client.failures import error_from_event
from poecli.client.status import error_from_status, not_an_event_stream
from poecli.config.credentials import Secret
from poecli.errors import ExitCode
from poecli.probe import queries
from poecli.probe.exchange import ProbeAnswer
from poecli.probe.site import Pace, Site
from poecli.protocol.limits import FIRST_EVENT_SECONDS
from poecli.protocol.messages import misfits
from poecli.protocol.settings import SettingsResponse
from poecli.step_results import StepResult, failed, failed_with, note, ok, skipped

WRONG_KEY = Secret("0" * 32)  # has the form of an access key, and is none
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_MS = 1000
_PATIENCE = float(FIRST_EVENT_SECONDS.value)
# An answer that took this long, of so many events, and of which all came in this share of the time.
_TELLING_SECONDS, _TELLING_EVENTS, _AT_ONCE = 1.0, 5, 0.05
_CLOCK_SECONDS = 60.0


async def http(site: Site) -> StepResult:
    """Whether something there speaks HTTP, and takes requests on this path."""
    site.refusal = answer = await site.wire.send(queries.settings(), key=WRONG_KEY)
    if answer.status == 0:
        return failed(
            f"{site.host} accepted the connection and sent no HTTP answer.",
            "Check what listens on that port, and the log of the proxy in front of it.",
            ExitCode.NOT_REACHABLE,
        )
    if answer.status != HTTPStatus.OK and answer.status not in _REFUSED:
        return failed_with(error_from_status(site.http(answer), site.bot.peer))
    if answer.content_type == "text/html":
        return failed(
            "A web page answers there, not a bot.",
            "Check the path of the URL, and that no login or warning page stands in front.",
        )
    says = f"HTTP {answer.status}"
    if answer.seconds > _PATIENCE:
        return note(
            f"{says} after {answer.seconds:.1f} s: it had to wake up.",
            f"Poe waits {_PATIENCE:g} s for the first event: keep one instance running.",
        )
    return ok(says)


async def wrong_key(site: Site) -> StepResult:
    """Whether a wrong key is refused: without that anybody can use the bot."""
    if site.refusal is not None and site.refusal.status in _REFUSED:
        return ok("refused")
    return failed(
        f"{site.bot.name} accepts a wrong access key: anyone can use it.",
        "Set POE_ACCESS_KEY where it runs, and remove allow_without_key=True.",
    )


async def access_key(site: Site) -> StepResult:
    """Whether the key that is known here is the bot's."""
    if site.bot.key is None:
        return failed(
            "The bot's access key is not known here, and nothing else can be asked without it.",
            "Write the URL into poe.toml ([bots.NAME] url = …) and the key into .env as "
            "POE_ACCESS_KEY; or pass --access-key-file FILE.",
            ExitCode.KEY,
        )
    site.settings_answer = answer = await site.wire.send(queries.settings())
    if answer.status in _REFUSED:
        return failed(
            f"{site.bot.name} refuses the access key that is set here (HTTP {answer.status}).",
            "Set the same key in both places: here in .env, and where the bot runs.",
            ExitCode.KEY,
        )
    if answer.status != HTTPStatus.OK:
        return failed_with(error_from_status(site.http(answer), site.bot.peer))
    return ok("accepted")


async def settings(site: Site) -> StepResult:
    """Whether the answer to a settings request can be used."""
    raw = site.settings_answer.json() if site.settings_answer else None
    fix = "get_settings() returns fp.SettingsResponse(...); `poe check URL` names the rule."
    if not isinstance(raw, dict):
        return failed("The bot's answer to a settings request is not a JSON object.", fix)
    try:
        SettingsResponse.model_validate(raw)
    except ValidationError as error:
        return failed(f"The bot's settings can't be used: {misfits(error)[0]}.", fix)
    return ok(f"{sum(value not in (None, {}, '') for value in raw.values())} set")


async def streaming(site: Site) -> StepResult:
    """Whether a whole answer arrives, and as it is sent: nothing on the way collects it."""
    site.answer = answer = await site.wire.send(site.question)
    if answer.status not in (0, HTTPStatus.OK):
        return failed_with(error_from_status(site.http(answer), site.bot.peer))
    if answer.status and not answer.is_stream:
        return failed_with(
            not_an_event_stream(answer.content_type, site.http(answer), site.bot.peer)
        )
    if answer.end == "late":
        return failed(
            f"The answer was not complete after {site.wire.seconds:g} s.",
            "Check the bot's own log: it may wait for another service.",
            ExitCode.NOT_REACHABLE,
        )
    if not answer.reply.done:
        return failed(
            "The answer broke off before its `done` event.",
            "Check the bot's log, and the time-outs of the host and of proxies in front of it.",
        )
    if collected := _collected(answer, site.pace):
        return failed(collected, _streaming_fix(site.host))
    return _judge_unpaced(site, answer)


def _collected(answer: ProbeAnswer, pace: Pace | None) -> str:
    """What shows that the events, which are known to be sent one by one, were held back."""
    if pace is None or answer.clock.first is None:
        return ""
    sent, came = pace.apart * (pace.events - 1), answer.clock.last - answer.clock.first
    if came > sent / 2:
        return ""
    return (
        f"The stream is held back on the way: {pace.events} events, sent over {sent:.1f} s, "
        f"arrived within {came:.2f} s."
    )


def _judge_unpaced(site: Site, answer: ProbeAnswer) -> StepResult:
    clock, reply = answer.clock, answer.reply
    if reply.error is not None:
        return note(
            f"It answered with an error: {error_from_event(reply.error, site.bot.peer).message}",
            "A bot that calls bots on Poe can only do so in queries that come from Poe; else see "
            "its own log.",
        )
    says = f"{reply.event_count} events in {answer.seconds:.2f} s"
    spread = clock.last - (clock.first or 0.0)
    telling = answer.seconds > _TELLING_SECONDS and reply.event_count >= _TELLING_EVENTS
    if telling and spread < _AT_ONCE * answer.seconds:
        return note(
            f"{says}, all of them at its end: the bot, or something on the way, holds them back.",
            _streaming_fix(site.host),
        )
    return ok(says)


def _streaming_fix(host: str) -> str:
    if host.endswith(".trycloudflare.com"):
        return (
            "cloudflared's quick tunnels hold small events back. Use a named tunnel of "
            "Cloudflare's, ngrok or ssh."
        )
    return (
        "Turn buffering and compression off for text/event-stream in the proxy in front (nginx: "
        "proxy_buffering off), or use another tunnel."
    )


async def first_event(site: Site) -> StepResult:
    """Whether the first event comes within the time that Poe waits for it."""
    first = site.answer.first_event if site.answer else None
    if first is None:
        return skipped("There was no event.")
    says = f"after {first * _MS:.0f} ms; Poe waits {_PATIENCE:g} s"
    if first <= _PATIENCE:
        return ok(says)
    return failed(
        f"The first event came after {first:.1f} s; Poe waits {_PATIENCE:g} s.",
        "Keep one instance of the bot running, or yield something before the slow work.",
    )


async def clock(site: Site) -> StepResult:
    """Whether both clocks agree: times of messages and signed URLs hang on it."""
    sent = site.refusal.headers.get("date", "") if site.refusal else ""
    try:
        there = parsedate_to_datetime(sent)
    except (TypeError, ValueError):  # TypeError: Python 3.9's, for no date at all
        return skipped("The answers carry no date.")
    # Read some requests later: the error is theirs, and far below the bound.
    behind = there.replace(tzinfo=there.tzinfo or timezone.utc).timestamp() - time.time()
    if abs(behind) <= _CLOCK_SECONDS:
        return ok("in step with this machine's")
    which = "behind" if behind > 0 else "ahead of"
    return note(
        f"This machine's clock is {abs(behind):.0f} s {which} the one there.",
        "Set the one that is wrong by a time server: signed URLs and certificates depend on it.",
    )
