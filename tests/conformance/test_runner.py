from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from poecli.client.address import BotAddress
from poecli.config.credentials import Secret
from poecli.conformance.results import Finding, Outcome, Report, Run
from poecli.conformance.runner import CheckOptions, Subject, check
from poecli.errors import NotReachable, UsageError
from poecli.protocol.rules.catalog import RULES, Topic
from tests.conformance.bots import (
    BROKEN,
    ENDINGS,
    HI,
    KEY,
    Bot,
    EndsLate,
    HasSettings,
    LeavesOut,
    LivesElsewhere,
    NeedsNoKey,
    Opens,
    Refuses,
    RefusesInWords,
    Says,
    StartsLate,
    serving,
)
from tests.conformance.test_dependencies import BROKEN as BROKEN_CALLS
from tests.conformance.test_hosts import BROKEN as BROKEN_HOSTS
from tests.conformance.test_source_traps import BROKEN as BROKEN_SOURCE
from tests.protocol.test_settings_lint import BROKEN as BROKEN_SETTINGS
from tests.protocol.test_settings_lint import DEFAULTS
from tests.scripted import DONE
from tests.servers import closed_port

ONE_FOR_EACH_RULE: dict[str, Any] = {rule: raw for raw, rule, _ in BROKEN_SETTINGS}


SLOW = ("answer-too-slow", "empty-answer")
LINTED = {Topic.SETTINGS, Topic.CONTROLS, Topic.DEPENDENCIES}
SETTINGS_RULES = tuple(rule.id for rule in RULES.values() if rule.topic in LINTED)


def subject(url: str, key: str | None = None, **more: Any) -> Subject:
    return Subject(BotAddress(url, url, Secret(key) if key else None), **more)


async def checked(bot: Bot, options: CheckOptions | None = None, *, key: str = KEY) -> Report:
    async with serving(bot) as url:
        options = options or CheckOptions(seconds=20)
        return await check(subject(url, key), replace(options, bounds=bot.bounds))


def faults(report: Report) -> list[str]:
    return [result.rule.id for result in report.of(Outcome.FAULT)]


async def test_a_sound_bot_passes() -> None:
    """A bot that keeps the rules breaks none, and hardly any rule goes untested."""
    report = await checked(Bot())
    untested = {result.rule.id: result.reason for result in report.of(Outcome.UNTESTED)}
    assert faults(report) == []
    assert untested == {
        "parameter-value-breaks": "it has no parameter controls",
        "file-too-large": "its answer to a plain question has no file",
        "url-not-https": "the bot runs on this machine",
    }


REFUSALS = {
    **{str(status): Refuses(status) for status in (302, 400, 401, 403, 404, 405, 422, 429)},
    "an error event": RefusesInWords(),
}
KEY_RULES = ("wrong-key-accepted", "missing-key-accepted", "access-key-missing")


@pytest.mark.parametrize("bot", REFUSALS.values(), ids=REFUSALS)
async def test_a_key_may_be_refused_in_any_way(bot: Bot) -> None:
    """What is no answer is a refusal, whatever its status."""
    report = await checked(bot, CheckOptions(seconds=20, only=KEY_RULES))
    assert {result.rule.id for result in report.of(Outcome.PASSED)} == set(KEY_RULES)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_that_breaks_at_a_wrong_key_proves_nothing(status: int) -> None:
    """It lets nobody in, and refuses nobody: the key is not judged."""
    report = await checked(Refuses(status), CheckOptions(seconds=20, only=KEY_RULES[:2]))
    reasons = {result.reason for result in report.of(Outcome.UNTESTED)}
    assert faults(report) == []
    assert reasons == {f"a question with such a key gets status {status}, which does not reject it"}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_an_answer_with_done_is_whole(ending: str) -> None:
    """`done` ends an answer; how its HTTP message ends is nothing that Poe goes by."""
    report = await checked(LeavesOut(ending, done=True))
    untested = {result.reason for result in report.of(Outcome.UNTESTED)}
    assert faults(report) == []
    assert not any("plain question" in reason and "file" not in reason for reason in untested)


async def test_requests_say_more_of_a_key_than_the_source() -> None:
    """A key from the environment that is enforced is no missing key; one that is not, is."""
    suggested = Finding("access-key-missing", "make_app() takes requests without a key")
    options = CheckOptions(seconds=20, only=("access-key-missing",))
    source = Run((suggested,), frozenset(("access-key-missing",)))
    told = []
    for bot in (Bot(), NeedsNoKey()):
        async with serving(bot) as url:
            told.append(faults(await check(subject(url, KEY, observed=lambda: source), options)))
    assert told == [[], ["access-key-missing"]]


@pytest.mark.parametrize(("rule", "bot"), BROKEN, ids=[rule for rule, _ in BROKEN])
async def test_each_broken_bot_is_found_by_its_rule(rule: str, bot: Bot) -> None:
    """A bot with one fault breaks that rule and no other."""
    assert faults(await checked(bot)) == [rule]


@pytest.mark.parametrize("rule", ONE_FOR_EACH_RULE)
async def test_broken_settings_are_found_by_their_rule(rule: str) -> None:
    """So is each fault in the settings."""
    bot = HasSettings({**DEFAULTS, **ONE_FOR_EACH_RULE[rule]})
    assert faults(await checked(bot, CheckOptions(only=SETTINGS_RULES))) == [rule]


def test_every_rule_has_a_bot_that_breaks_it() -> None:
    """No rule is there that nothing can report, and none is reported that is not there."""
    source = {rule for _, rule, _ in BROKEN_SOURCE.values()}
    hosts = {rule for _, _, rule, _ in BROKEN_HOSTS.values()}
    hosts |= {"quick-tunnel-url", "restart-cuts-answers"}  # of poe.toml; of a real server
    tables = {rule for rule, _ in BROKEN} | ONE_FOR_EACH_RULE.keys() | source | hosts
    assert tables | BROKEN_CALLS.keys() == RULES.keys()


async def test_only_and_skip_choose_rules() -> None:
    """Faults of other rules are not told, and their probes are not run."""
    bot = Says(HI, b"event: sparkle\ndata: {}\n\n")
    only = await checked(bot, CheckOptions(only=("no-done",)))
    skip = await checked(bot, CheckOptions(skip=("no-done", "unknown-event")))
    assert (faults(only), only.requests) == (["no-done"], 2)
    assert faults(skip) == []


async def test_an_unknown_rule_is_an_error() -> None:
    """A name that was mistyped must not pass as a check without faults."""
    with pytest.raises(UsageError, match="no-dnoe"):
        await checked(Bot(), CheckOptions(only=("no-dnoe",)))


async def test_repeating_tells_flaky_from_faulty() -> None:
    """A rule broken in one run of three is flaky."""
    report = await checked(StartsLate(), CheckOptions(only=("first-event-late",), repeat=3))
    [result] = report.of(Outcome.FAULT)
    assert (result.seen, result.runs, result.flaky) == (1, 3, True)


async def test_nobody_there_is_no_fault_of_a_bot() -> None:
    """An address without a server is an error of its own, not a list of faults."""
    url = f"http://127.0.0.1:{closed_port()}/"
    with pytest.raises(NotReachable):
        await check(subject(url), CheckOptions())


async def test_without_the_key_nothing_is_claimed() -> None:
    """A bot that wants a key nobody knows can't be tested, and is not at fault."""
    async with serving(Bot()) as url:
        report = await check(subject(url), CheckOptions())
    assert faults(report) == []
    reasons = {result.reason for result in report.of(Outcome.UNTESTED)}
    assert any("POE_ACCESS_KEY" in reason for reason in reasons)


async def test_a_bot_elsewhere_that_needs_no_key_is_open_to_all() -> None:
    """Where no key is known and none is asked for, on another machine; here it says nothing."""
    only = CheckOptions(only=("access-key-missing",))
    elsewhere = replace(only, bounds=LivesElsewhere.bounds)
    async with serving(Opens()) as url:
        assert faults(await check(subject(url), elsewhere)) == ["access-key-missing"]
        assert faults(await check(subject(url), only)) == []
    async with serving(Bot()) as url:
        assert faults(await check(subject(url), elsewhere)) == []


async def test_an_answer_that_was_given_up_is_not_judged_by_its_length() -> None:
    """With less time than the limit there is no telling whether it would have been whole."""
    report = await checked(EndsLate(), CheckOptions(seconds=0.5, only=("no-done", *SLOW)))
    unknown = {result.rule.id: result.reason for result in report.of(Outcome.UNTESTED)}
    assert faults(report) == []
    assert unknown == dict.fromkeys(("no-done", *SLOW), "no complete answer within 0.5 s")


async def test_an_error_of_the_bot_hides_what_can_not_be_known() -> None:
    """A bot whose model is down answers with an error: legal, but other queries tell nothing."""
    bot = Says(b'event: error\ndata: {"text": "the model is down"}\n\n', DONE)
    report = await checked(bot)
    untested = {result.rule.id for result in report.of(Outcome.UNTESTED)}
    assert faults(report) == []
    assert {"long-history-breaks", "role-refused", "users-mixed-up"} <= untested


async def test_the_request_that_shows_a_fault_can_be_sent_again() -> None:
    """The curl line holds the whole request, and the key as a variable."""
    report = await checked(Says(DONE), CheckOptions(only=("empty-answer",)))
    [finding] = report.of(Outcome.FAULT)[0].findings
    assert finding.sent is not None
    assert "$POE_ACCESS_KEY" in finding.sent.curl()
    assert '"type": "query"' in finding.sent.curl()
    assert KEY not in finding.sent.curl()
    assert KEY not in repr(finding)


async def test_the_request_is_shown_to_where_the_bot_will_be() -> None:
    """A bot that ends with the check is reached at another address afterwards."""
    async with serving(Says(DONE)) as url:
        there = subject(url, KEY, later_url="http://127.0.0.1:8080/bot/mine")
        report = await check(there, CheckOptions(only=("empty-answer",)))
    [finding] = report.of(Outcome.FAULT)[0].findings
    assert finding.sent is not None
    assert " http://127.0.0.1:8080/bot/mine " in finding.sent.curl()
