"""`poe check`: check a bot against Poe's protocol."""

from __future__ import annotations

import shlex

from poecli.commands.check.flags import CheckFlags
from poecli.errors import UsageError
from poecli.terminal.console import Console


def check(console: Console, flags: CheckFlags) -> int:
    """Check a bot against Poe's protocol.

    The bot may be written in any language: it is asked over HTTP. The access key comes from
    --access-key-file, POE_ACCESS_KEY or .env; a bot in a file brings its own.
    The conversations in tests/*.chat.toml are held with a bot in a file. It runs in
    its own folder and writes its own files; the real Poe is asked only with --live.

    Examples:
      poe check .
      poe check https://my-bot.example/ --level must
      poe check . --fix
      poe check . --restart
      poe check . --bot GPT-4o=replay:tape.jsonl --fault drop-and-resend
      poe check . --fastapi-poe 0.0.63,newest
      poe check --explain no-done
      poe check --from-session 1a2b3c4d --write tests/hello.chat.toml
    """
    console.json_mode = flags.json or flags.format == "json"
    if flags.explain is not None:
        from poecli.commands.check.explain import explain_rules

        return explain_rules(console, flags.explain)
    if flags.from_session is not None:
        from poecli.commands.check.from_session import write_session

        return write_session(console, flags.from_session, flags.write)
    if flags.write is not None:
        raise UsageError(
            "--write is for --from-session.",
            hint=f"poe check --from-session CHAT --write {shlex.quote(str(flags.write))}",
        )
    if flags.fastapi_poe is not None:
        from poecli.commands.check.sdk_versions import check_versions

        return check_versions(console, flags, flags.fastapi_poe)
    from poecli.commands.check.run import run_check

    return run_check(console, flags)
