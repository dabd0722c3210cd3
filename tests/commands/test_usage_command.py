"""`poe usage`: the balance, the queries, their sums; and what stands in the way of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from poecli.errors import ExitCode
from tests.poe import API_KEY, poe, user_env
from tests.scripted import Answer, in_a_thread

DAY_US = 86_400_000_000


def answer(value: Any, status: int = 200) -> Answer:
    return Answer([json.dumps(value).encode()], status, content_type="application/json")


def query(number: int, bot: str = "Claude-Test", points: int = 1000) -> dict[str, Any]:
    return {
        "query_id": f"q-{number}",
        "creation_time": 1_790_000_000_000_000 - number * DAY_US,
        "bot_name": bot,
        "usage_type": "API",
        "cost_points": points,
    }


def page(queries: Sequence[dict[str, Any]], *, has_more: bool = False) -> Answer:
    return answer({"has_more": has_more, "length": len(queries), "data": list(queries)})


BALANCE = answer({"current_point_balance": 1_234_567})


def test_the_balance_and_the_newest_queries_are_shown(tmp_path: Path) -> None:
    """A line for each query at 80 columns, foreign text harmless, and how to see older ones."""
    queries = [query(1, "Claude\x1b[31m-Test" + "x" * 99), query(2, points=1_000_000)]
    with in_a_thread(BALANCE, page(queries, has_more=True)) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("usage", "-n", "2", env=env)

    lines = ran.stdout.splitlines()
    assert ran.code == 0
    assert lines[0] == "Balance: 1,234,567 points"
    assert lines[-1].split()[-3:] == ["Claude-Test", "API", "1,000,000"]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in ran.stdout
    assert "poe usage --after q-2" in ran.stderr
    assert [request.headers["authorization"] for request in server.requests] == [
        f"Bearer {API_KEY}"
    ] * 2


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        (["--limit", "1"], ["limit=1"]),
        (["-n", "2"], ["limit=2", "limit=1&starting_after=q-1"]),
        ([], ["limit=20", "limit=19&starting_after=q-1"]),
        (["--all"], ["limit=100", "limit=100&starting_after=q-1"]),
        (
            ["--by", "bot", "--after", "q-0"],
            ["limit=100&starting_after=q-0", "limit=100&starting_after=q-1"],
        ),
        (["--limit", "0"], []),
    ],
    ids=" ".join,
)
def test_as_many_pages_are_asked_for_as_are_wanted(
    flags: list[str], asked: list[str], tmp_path: Path
) -> None:
    """Poe gives at most 100 a page; each goes on after the last query of the one before."""
    with in_a_thread(BALANCE, page([query(1)], has_more=True), page([query(2)])) as server:
        ran = poe(
            "usage", *flags, env=user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        )

    paths = [request.path for request in server.requests[1:]]
    assert (ran.code, [path.partition("?")[2] for path in paths]) == (0, asked)


def test_a_page_that_repeats_itself_is_asked_for_once_more(tmp_path: Path) -> None:
    """A server that always says "more" does not hold the command for ever."""
    with in_a_thread(BALANCE, page([query(1)], has_more=True)) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("usage", "--all", env=env)

    assert (ran.code, len(server.requests)) == (0, 3)


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("bot", [["Painter", "1", "5,000"], ["Claude-Test", "2", "2,000"]]),
        ("day", [["2026-09-20", "1", "1,000"], ["2026-09-19", "2", "6,000"]]),
    ],
)
def test_points_are_summed(by: str, rows: list[list[str]], tmp_path: Path) -> None:
    """Bots with the dearest first, days with the newest first."""
    queries = [query(1), query(2, "Painter", 5000), {**query(2), "query_id": "q-3"}]
    with in_a_thread(BALANCE, page(queries)) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("usage", "--by", by, env=env)

    assert [line.split() for line in ran.stdout.splitlines()[3:]] == rows


def test_json_has_the_queries(tmp_path: Path) -> None:
    """One object; times are ISO 8601 in UTC, also where a Poe gives seconds and `app_name`."""
    old = {**query(1), "creation_time": 1_790_000_000, "app_name": "Old"}
    del old["bot_name"]
    with in_a_thread(BALANCE, page([old])) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("usage", "--json", env=env)

    assert json.loads(ran.stdout) == {
        "v": 1,
        "type": "usage",
        "balance": 1_234_567,
        "has_more": False,
        "queries": [
            {
                "query_id": "q-1",
                "at": "2026-09-21T14:13:20+00:00",
                "bot": "Old",
                "use": "API",
                "points": 1000,
            }
        ],
    }


TROUBLE = [
    pytest.param(answer({"error": {"message": "no"}}, 401), ExitCode.KEY, "API key", id="401"),
    pytest.param(answer({}, 429), ExitCode.TRY_LATER, "no more calls", id="429"),
    pytest.param(answer({}, 500), ExitCode.TRY_LATER, "failed", id="500"),
    pytest.param(answer({}, 404), ExitCode.NOT_REACHABLE, "POE_BASE_URL", id="404"),
    pytest.param(answer({"points": 5}), ExitCode.AT_FAULT, "understood", id="another shape"),
]


@pytest.mark.parametrize(("got", "code", "words"), TROUBLE)
def test_trouble_has_its_sentence(got: Answer, code: int, words: str, tmp_path: Path) -> None:
    """And its exit code; never the key."""
    with in_a_thread(got) as server:
        env = user_env(tmp_path, POE_API_KEY=API_KEY, POE_BASE_URL=server.url)
        ran = poe("usage", env=env)

    assert ran.code == code
    assert words in ran.stderr
    assert API_KEY not in ran.output


def test_the_real_poe_needs_a_key(tmp_path: Path) -> None:
    """Nothing is sent without one; a local Poe takes any."""
    assert poe("usage", env=user_env(tmp_path)).code == ExitCode.KEY
    with in_a_thread(BALANCE, page([])) as server:
        ran = poe("usage", env=user_env(tmp_path, POE_BASE_URL=server.url))

    assert (ran.code, ran.stdout) == (0, "Balance: 1,234,567 points\n")
