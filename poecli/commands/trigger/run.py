"""What `poe trigger` does: make the body, find the bot, send, show what came back."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from poecli.chat.local_output import LocalOutput
from poecli.client.address import BotAddress
from poecli.client.failures import error_from_event
from poecli.client.http import checked_url, open_session, slow
from poecli.client.status import HttpAnswer, error_from_status
from poecli.commands.bots.access_keys import key_for_url, key_in_file
from poecli.commands.bots.root import project_root
from poecli.commands.trigger import report
from poecli.commands.trigger.flags import TriggerFlags
from poecli.config.project import DEFAULT_HOST, DEFAULT_PORT, find_project
from poecli.config.redaction import usable_keys
from poecli.config.settings import read_environment
from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.probes.verdict import judge, sent_kind
from poecli.errors import ExitCode, MissingChoice, PoeCliError, UsageError
from poecli.probe.exchange import ProbeAnswer, ProbeRequest, Wire
from poecli.protocol.rules.catalog import RULES, Level
from poecli.system_errors import unusable
from poecli.terminal.console import Console
from poecli.trigger.bodies import EVENTS, body_of, can_follow
from poecli.trigger.paths import JsonPath, assigned
from poecli.turns.reading import last_turns
from poecli.waiting import run_async

_LOOKED_THROUGH = 50  # newest turns, for one of the bot that is named


def run_trigger(console: Console, flags: TriggerFlags) -> int:
    """Send the event that the flags ask for; the exit code tells how it was taken."""
    if flags.show_list:
        report.list_events(console, EVENTS)
        return ExitCode.DONE
    if flags.url is not None and flags.python is not None:
        raise UsageError(
            "--python is for a bot on this machine, and --url names an address.",
            hint=f"poe trigger {flags.event or 'EVENT'} --url {flags.url}",
        )
    body = _body(flags)
    if flags.curl or flags.print_only:
        run_async(_print(console, flags, body))
        return ExitCode.DONE
    return run_async(_send(console, flags, body))


# --- the body ---


def _body(flags: TriggerFlags) -> bytes:
    if flags.raw is not None:
        if flags.event or flags.assignments or flags.removals:
            raise UsageError(
                "--raw sends a file as it is: EVENT, --set and --remove don't go with it.",
                hint=f"poe trigger --raw {flags.raw}",
            )
        return _read(flags.raw)
    if flags.event is None:
        raise MissingChoice("No event was given.", hint=f"poe trigger {'|'.join(EVENTS)}")
    body = body_of(flags.event, _last_query(flags.project_bot))
    for assignment in flags.assignments:
        body = assigned(body, assignment)
    for path in flags.removals:
        body = JsonPath("--remove", path).cut(body)
    return json.dumps(body).encode()


def _last_query(bot: str | None) -> Mapping[str, Any] | None:
    """The last kept query that another can follow, of one bot if it is named; None without one."""
    turns = last_turns(project_root(Path.cwd()), _LOOKED_THROUGH)
    asked = (turn for turn in reversed(turns) if turn.whole and bot in (None, turn.bot))
    return next((turn.request for turn in asked if can_follow(turn.request)), None)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise unusable(file, "read", error) from error


async def _print(console: Console, flags: TriggerFlags, body: bytes) -> None:
    if flags.curl:
        bot = await _address(console, flags)
        console.data(ProbeRequest(bot.url, body, key=bot.key).curl())
    elif flags.raw is not None:
        console.stdout.flush()
        sys.stdout.buffer.write(body)
    else:
        console.data(json.dumps(json.loads(body), indent=2, ensure_ascii=False))


# --- the bot ---


async def _address(console: Console, flags: TriggerFlags) -> BotAddress:
    """Where it would be sent to, with nothing started."""
    from poecli.commands.bots.own_bot import BotChoice, running_bot

    if flags.url is not None:
        return _at_url(console, flags.url, flags)
    choice = BotChoice(flags.project_bot, key_in_file(flags.access_key_file))
    running = await running_bot(console, choice)
    port = find_project(Path.cwd()).dev.port or DEFAULT_PORT
    return running or BotAddress.at(f"http://{DEFAULT_HOST}:{port}/")


def _at_url(console: Console, url: str, flags: TriggerFlags) -> BotAddress:
    checked_url(url)
    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    key = key_in_file(flags.access_key_file) or key_for_url(url, project, environment)
    return BotAddress.at(url, key)


@contextlib.asynccontextmanager
async def _bot(
    console: Console, flags: TriggerFlags, output: LocalOutput
) -> AsyncIterator[BotAddress]:
    if flags.url is not None:
        yield _at_url(console, flags.url, flags)
        return
    # The dev server is needed for a bot on this machine only.
    from poecli.commands.bots.own_bot import BotChoice, own_bot

    choice = BotChoice(flags.project_bot, key_in_file(flags.access_key_file), flags.python)
    async with own_bot(console, choice, output.hear) as bot:
        output.forget()
        yield bot


# --- the answer ---


async def _send(console: Console, flags: TriggerFlags, body: bytes) -> int:
    output = LocalOutput()
    async with _bot(console, flags, output) as bot, open_session() as session:
        console.secrets = usable_keys([bot.key.reveal()] if bot.key else [])
        answer = await Wire(session, bot, flags.timeout).send(body)
        findings = judge(answer, Bounds(), flags.timeout)
        if flags.json:
            report.print_json(console, bot, answer, findings)
        else:
            report.print_text(console, bot, answer, findings)
        error = _error(bot, answer, flags.timeout)
        output.show(console, error)
    output.show(console)  # a bot that blocked may tell so as late as when it ends
    if error is not None:
        raise error
    levels = {RULES[finding.rule].level for finding in findings}
    return ExitCode.AT_FAULT if levels - {Level.ADVICE} else ExitCode.DONE


def _error(bot: BotAddress, answer: ProbeAnswer, seconds: float) -> PoeCliError | None:
    """What the answer says of itself, as the error that `poe chat` would end with."""
    if answer.end == "late":
        return slow(bot.peer, seconds)
    if answer.reply.error is not None:
        return error_from_event(answer.reply.error, bot.peer)
    key_is_refused = answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if (
        not answer.status
        or answer.status == HTTPStatus.OK
        or not (key_is_refused or _is_of_the_protocol(answer.sent.body))
    ):
        return None
    keys = (bot.key,) if bot.key else ()
    return error_from_status(HttpAnswer(answer.status, {}, answer.body, keys), bot.peer)


def _is_of_the_protocol(body: bytes) -> bool:
    """Whether a bot must take the request; what is not is rightly refused."""
    try:
        sent_kind(body)
    except ValueError:
        return False
    return True
