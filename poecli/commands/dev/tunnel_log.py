"""What a person reads of a tunnel: its URL, what was found from outside, what to enter on Poe."""

from __future__ import annotations

from collections.abc import Iterator

from poecli.dev_events import TunnelClosed, TunnelOpened
from poecli.poe_pages import ACCESS_KEY_PAGE
from poecli.step_results import Status
from poecli.terminal.step_lines import step_lines

_SHOWN_LINES = 5


def opened_lines(event: TunnelOpened, default_key: str) -> Iterator[tuple[str, str]]:
    """Lines and their styles; ``default_key`` is the bots' key in masked form."""
    yield f"public by {event.client}: {event.public_url}", "bold green" if event.ok else "bold"
    for step in event.steps:
        if step.status in (Status.NOTE, Status.FAILED):
            yield from ((f"  {text}", style) for text, style in step_lines(step))
    if event.ok:
        first = next(step.says for step in event.steps if step.step == "first event")
        yield "  from outside: a wrong key is refused, the stream is not held back,", ""
        yield f"  the first event comes {first}", ""
    for bot in event.bots:
        yield f"  enter at {ACCESS_KEY_PAGE.format(bot=bot.name)}", ""
        yield f"    Server URL  {bot.url}", "bold"
        if bot.access_key is None and event.made_key is not None:
            yield f"    Access key  {event.made_key.reveal()}", "bold"
            yield "    made for this run; put POE_ACCESS_KEY=… into .env to keep one", "dim"
        else:
            known = f"the bot's own ({bot.access_key or default_key})"
            yield f"    Access key  {known if default_key or bot.access_key else 'as before'}", ""


def closed_lines(event: TunnelClosed) -> Iterator[tuple[str, str]]:
    """Why, its last words, and when it is started again."""
    again = f"started again in {event.again_seconds:g} s"
    yield f"the tunnel is closed ({event.client}): {event.how}; {again}", "bold red"
    for line in event.last_output[-_SHOWN_LINES:]:
        yield f"  │ {line}", "dim"
