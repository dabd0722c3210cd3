"""`poe trigger`: send a bot an event of the protocol, as Poe would."""

from __future__ import annotations

from poecli.commands.trigger.flags import TriggerFlags
from poecli.terminal.console import Console


def trigger(console: Console, flags: TriggerFlags) -> int:
    """Send a bot an event of the protocol, and show its answer and the rules it breaks.

    The body goes on from the last kept turn. It is sent to the `poe dev` that runs for this
    project; without one the bot is started for it. A key comes from --access-key-file,
    POE_ACCESS_KEY or .env.

    Examples:
      poe trigger query --set query.-1.content="What can you do?"
      poe trigger report_reaction --set reaction=dislike
      poe trigger settings --url https://my-bot.example/
      poe trigger query --remove user_id --print
      poe trigger --raw broken.json
    """
    from poecli.commands.trigger.run import run_trigger

    return run_trigger(console, flags)
