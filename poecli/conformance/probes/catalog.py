"""The probes: each asks the bot something and names the rules that the answer breaks.

A probe lists the rules it can find broken; whatever it does not report has passed. It raises
`CannotTest` when nothing can be said. Order matters: settings first, then the plain question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from poecli.client.dialogue import new_id
from poecli.config.credentials import Secret
from poecli.conformance.probes import plain_question
from poecli.conformance.probes.bench import KEY_WANTED, Bench, CannotTest, broken, refused_key
from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.probes.parameter_values import edge_values
from poecli.conformance.results import Finding
from poecli.probe import queries
from poecli.probe.exchange import ProbeAnswer
from poecli.protocol import limits
from poecli.protocol.rules.control_rules import CONTROL_RULES
from poecli.protocol.rules.settings_lint import lint_settings
from poecli.protocol.rules.settings_rules import SETTINGS_RULES
from poecli.protocol.settings import effective

_SUCCESSES = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)
_USERS_AT_ONCE = 5
_LONG_TEXT = f"A long line for a slow reader. {queries.BEYOND_ASCII} " * 900
_WRONG_KEY = Secret("x" * limits.ACCESS_KEY_CHARACTERS.value)

Look = Callable[[Bench], Awaitable[list[Finding]]]


@dataclass(frozen=True)
class Probe:
    """One probe: its name, the rules it can find broken, and what it does."""

    name: str
    rules: tuple[str, ...]
    look: Look


# --- settings -----------------------------------------------------------------------------------


async def settings(bench: Bench) -> list[Finding]:
    """Ask for the settings, hold them against their rules."""
    answer = await bench.ask(queries.settings())
    raw = answer.json()
    if answer.status == HTTPStatus.OK and isinstance(raw, dict):
        bench.settings = raw
    return judge_settings(answer, bench.bounds)


def judge_settings(answer: ProbeAnswer, bounds: Bounds) -> list[Finding]:
    """The rules that an answer to a settings request breaks."""
    if answer.status in KEY_WANTED:
        return [refused_key(answer)]
    raw = answer.json()
    if answer.status != HTTPStatus.OK or not isinstance(raw, dict):
        answered = answer.status == HTTPStatus.OK
        seen = "the body is not a JSON object" if answered else f"status {answer.status}"
        return [Finding("settings-refused", seen, answer.sent)]
    found = [Finding(v.rule, v.detail, answer.sent) for v in lint_settings(raw)]
    if answer.seconds > bounds.settings:
        found.append(Finding("settings-late", f"after {answer.seconds:.1f} s", answer.sent))
    return found


# --- keys ---------------------------------------------------------------------------------------


async def wrong_key(bench: Bench) -> list[Finding]:
    """Somebody else's key."""
    return await _with_key(bench, _WRONG_KEY, "wrong-key-accepted")


async def missing_key(bench: Bench) -> list[Finding]:
    """No key at all."""
    return await _with_key(bench, None, "missing-key-accepted")


async def no_key_at_all(bench: Bench) -> list[Finding]:
    """Whether the bot has a key at all."""
    if bench.wire.bot.key is None and bench.on_this_machine:
        raise CannotTest("the bot runs on this machine; it may have a key where it is deployed")
    if not _let_in(await bench.with_key(None), bench):
        return []
    if bench.wire.bot.key is not None:
        raise CannotTest("its key is set, but a question without a key is answered as well")
    seen = "a question without any key is answered"
    return [Finding("access-key-missing", seen, (await bench.with_key(None)).sent)]


async def _with_key(bench: Bench, key: Secret | None, rule: str) -> list[Finding]:
    if bench.wire.bot.key is None:
        raise CannotTest("the bot's access key is not set (POE_ACCESS_KEY)")
    answer = await bench.with_key(key)
    if not answer.status or answer.status in _SERVER_ERRORS:
        how = f"status {answer.status}" if answer.status else "no answer"
        raise CannotTest(f"a question with such a key gets {how}, which does not reject it")
    return [Finding(rule, f"status {answer.status}", answer.sent)] if _let_in(answer, bench) else []


def _let_in(answer: ProbeAnswer, bench: Bench) -> bool:
    """Whether a question was answered; what is refused, and how, differs from server to server.

    401, 403, 404, 405, a redirect to a log-in page: none is an answer. An `error` event is one,
    unless it is said to this key only.
    """
    if answer.status not in _SUCCESSES:
        return False
    plain = bench.plain
    works = plain is not None and not broken(plain) and plain.reply.error is None
    return not (works and answer.reply.error is not None and not answer.reply.text)


# --- requests of other kinds --------------------------------------------------------------------


async def unknown_type(bench: Bench) -> list[Finding]:
    """A request type of the future."""
    body = {"version": limits.PROTOCOL_VERSION, "type": "poe_check"}
    return judge_unknown_type(await bench.ask(body))


def judge_unknown_type(answer: ProbeAnswer) -> list[Finding]:
    """The rule that an answer to a request of an unknown type breaks."""
    if answer.status == HTTPStatus.NOT_IMPLEMENTED:
        return []
    return [Finding("unknown-type-not-501", f"status {answer.status}", answer.sent)]


async def broken_json(bench: Bench) -> list[Finding]:
    """A body that is no JSON."""
    answer = await bench.ask(b'{"version": "1.2", "type": "query", "query": [')
    return judge_client_error(answer, "broken-json-5xx")


async def bad_request(bench: Bench) -> list[Finding]:
    """A query without its fields."""
    body = {"version": limits.PROTOCOL_VERSION, "type": "query"}
    return judge_client_error(await bench.ask(body), "bad-request-5xx")


def judge_client_error(answer: ProbeAnswer, rule: str) -> list[Finding]:
    """The rule, when an answer to a request that can't be used is not a client error."""
    if answer.status in _CLIENT_ERRORS:
        return []
    return [Finding(rule, f"status {answer.status}", answer.sent)]


async def get(bench: Bench) -> list[Finding]:
    """A browser that looks."""
    answer = await bench.wire.send(b"", method="GET")
    if answer.status and answer.status not in _SERVER_ERRORS:
        return []
    return [Finding("get-fails", f"status {answer.status}", answer.sent)]


async def reports(bench: Bench) -> list[Finding]:
    """Feedback, reactions, an error report."""
    for body in queries.reports():
        if found := judge_report(await bench.ask(body), body["type"]):
            return found
    return []


def judge_report(answer: ProbeAnswer, kind: str) -> list[Finding]:
    """The rule that an answer to a report of that kind breaks."""
    if answer.status == HTTPStatus.OK:
        return []
    return [Finding("report-refused", f"status {answer.status} to {kind}", answer.sent)]


# --- queries of other kinds ---------------------------------------------------------------------


async def unknown_fields(bench: Bench) -> list[Finding]:
    """Keys that Poe may add one day, in the query, its message and its sender."""
    message = bench.message(sender={"id": "u", "name": "U", "added": 1}, added={"deep": [1]})
    body = queries.query(message, added="one day", extra_params={"a": 1})
    return await bench.expect("unknown-field-refused", body, "with unknown fields")


async def roles(bench: Bench) -> list[Finding]:
    """A history with every role."""
    history = [
        bench.message(f"Be brief. {queries.BEYOND_ASCII}", "system"),
        bench.message(f"First. {queries.BEYOND_ASCII}"),
        bench.message("{}", "bot", message_type="function_call"),
        bench.message("{}", "tool"),
        bench.message(f"Answer. {queries.BEYOND_ASCII}", "bot"),
        bench.message(),
    ]
    return await bench.expect("role-refused", queries.query(*history), "with every role")


async def attachments(bench: Bench) -> list[Finding]:
    """A text, an image and something else."""
    if not effective(bench.model()).allow_attachments:
        raise CannotTest("its settings do not allow attachments")
    message = bench.message(
        attachments=queries.attachments(bench.files_url, bench.words(queries.BEYOND_ASCII))
    )
    found = await bench.expect("attachments-break", queries.query(message), "with attachments")
    if found and not bench.on_this_machine:
        raise CannotTest("the bot can't reach the files that were sent from where it runs")
    return found


async def parameter_ends(bench: Bench) -> list[Finding]:
    """The ends of each control, and each option."""
    controls = effective(bench.model()).parameter_controls
    values = edge_values(controls) if controls else []
    if not values:
        raise CannotTest("it has no parameter controls")
    for name, edge in values:
        value = bench.words(edge) if isinstance(edge, str) else edge
        message = bench.message(parameters={**bench.parameters, name: value})
        what = f"{name} = {value!r}"[:100]
        found = await bench.expect("parameter-value-breaks", queries.query(message), what)
        if found:
            return found
    return []


async def long_history(bench: Bench) -> list[Finding]:
    """A conversation as long as Poe ever sends."""
    turns = limits.CONVERSATION_MESSAGES.value - 1
    roles = ("bot", "user") if turns % 2 == 0 else ("user", "bot")
    text = f"Message {{}}. {queries.BEYOND_ASCII}"
    history = [bench.message(text.format(n), roles[n % 2]) for n in range(turns)]
    what = f"with {turns + 1:,} messages"
    body = queries.query(*history, bench.message())
    return await bench.expect("long-history-breaks", body, what)


async def repeated_message(bench: Bench) -> list[Finding]:
    """The same message_id again, as after a dropped connection."""
    body = queries.query(bench.message())
    first = await bench.expect("repeated-message-breaks", body, "the first time")
    if first:
        raise CannotTest("the question already failed the first time")
    return await bench.expect("repeated-message-breaks", body, "the second time")


# --- behaviour over time ------------------------------------------------------------------------


async def hang_up(bench: Bench) -> list[Finding]:
    """A user who stops the answer; then another question."""
    bench.need_plain()
    left = await bench.wire.send(queries.query(bench.message(_LONG_TEXT)), leave_after=1)
    if left.end != "left":
        raise CannotTest("the answer ended before the client could disconnect")
    what = "after a client disconnected"
    return await bench.expect("hang-up-ignored", queries.query(bench.message()), what)


async def users_at_once(bench: Bench) -> list[Finding]:
    """Several users at the same time, each with a word of their own."""
    bench.need_plain()
    words = [f"word{new_id('u')[2:14]}" for _ in range(_USERS_AT_ONCE)]
    text = f"{queries.BEYOND_ASCII} Please repeat: {{}}"
    asked = [queries.query(bench.message(text.format(word))) for word in words]
    answers = await asyncio.gather(*(bench.wire.send(body) for body in asked))
    for word, answer in zip(words, answers, strict=True):
        others = [other for other in words if other != word and other in answer.reply.text]
        if others:
            seen = "the answer to one user contains the words of another"
            return [Finding("users-mixed-up", seen, answer.sent)]
        if broken(answer) and answer.end != "late":
            seen = f"{_USERS_AT_ONCE} users at once: {broken(answer)}"
            return [Finding("users-mixed-up", seen, answer.sent)]
    return []


async def slow_reader(bench: Bench) -> list[Finding]:
    """A long answer, read in small steps."""
    bench.need_plain()
    body = queries.query(bench.message(_LONG_TEXT))
    answer = await bench.wire.send(body, pause=0.01)
    if answer.end == "late":
        raise CannotTest(f"no complete answer within {bench.wire.seconds:g} s")
    how = broken(answer)
    return [Finding("slow-reader-breaks", how, answer.sent)] if how else []


async def file_sizes(bench: Bench) -> list[Finding]:
    """The files of the plain answer; their hosts are asked how large they are."""
    answer = bench.need_plain()
    if not answer.reply.files:
        raise CannotTest("its answer to a plain question has no file")
    found, unknown = [], []
    for file in answer.reply.files:
        size = await bench.wire.size_of(file.url)
        if size is None:
            unknown.append(file.name)
        elif size > limits.FILE_BYTES.value:
            found.append(Finding("file-too-large", f"{file.name}: {size:,} bytes", answer.sent))
    if unknown and not found:
        raise CannotTest(f"no size is known for {', '.join(unknown)}")
    return found


async def https(bench: Bench) -> list[Finding]:
    """Where the bot lives."""
    if bench.on_this_machine:
        raise CannotTest("the bot runs on this machine")
    if bench.wire.bot.url.startswith("https://"):
        return []
    return [Finding("url-not-https", bench.wire.bot.url)]


_SETTINGS = tuple(rule.id for rule in (*SETTINGS_RULES, *CONTROL_RULES))
_LINTED_DEPENDENCIES = (
    "too-many-bot-calls",
    "dependency-count",
    "dependency-name",
    "dependency-any",
)

PROBES = (
    Probe(
        "settings",
        ("key-refused", "settings-refused", "settings-late", *_SETTINGS, *_LINTED_DEPENDENCIES),
        settings,
    ),
    Probe("plain question", plain_question.RULES, plain_question.plain),
    Probe("wrong key", ("wrong-key-accepted",), wrong_key),
    Probe("no key", ("missing-key-accepted",), missing_key),
    Probe("no key anywhere", ("access-key-missing",), no_key_at_all),
    Probe("unknown type", ("unknown-type-not-501",), unknown_type),
    Probe("broken JSON", ("broken-json-5xx",), broken_json),
    Probe("query without fields", ("bad-request-5xx",), bad_request),
    Probe("GET", ("get-fails",), get),
    Probe("reports", ("report-refused",), reports),
    Probe("unknown fields", ("unknown-field-refused",), unknown_fields),
    Probe("roles", ("role-refused",), roles),
    Probe("attachments", ("attachments-break",), attachments),
    Probe("ends of parameters", ("parameter-value-breaks",), parameter_ends),
    Probe("long history", ("long-history-breaks",), long_history),
    Probe("repeated message", ("repeated-message-breaks",), repeated_message),
    Probe("hang-up", ("hang-up-ignored",), hang_up),
    Probe("users at once", ("users-mixed-up",), users_at_once),
    Probe("slow reader", ("slow-reader-breaks",), slow_reader),
    Probe("sizes of files", ("file-too-large",), file_sizes),
    Probe("https", ("url-not-https",), https),
)
