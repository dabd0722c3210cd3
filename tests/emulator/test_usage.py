"""The usage API of the local Poe: the balance, and what each query cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.emulator.asking import NO_TLS, ask
from tests.emulator.serving import KEY, LocalPoe, local_poe


async def get(poe: LocalPoe, path: str, key: str = KEY) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(base_url=poe.url, verify=NO_TLS, headers=headers) as client:
        return await client.get(f"/usage/{path}")


async def charge(poe: LocalPoe, kind: str, amount: int) -> None:
    cost = {"amounts": [{"amount_usd_milli_cents": amount}], "access_key": KEY}
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        await client.post(f"{poe.bots}cost/q-1/{kind}", json=cost)


async def history(poe: LocalPoe, query: str = "") -> Any:
    return (await get(poe, f"points_history{query}")).json()


async def test_what_a_bot_captures_is_the_cost_of_the_users_query(tmp_path: Path) -> None:
    """Authorized amounts are none; several captures of one query are one entry.

    Their points are those that the log of `poe dev` tells.
    """
    async with local_poe(tmp_path, balance=1000) as poe:
        poe.begin(None)
        await charge(poe, "authorize", 500)
        await charge(poe, "capture", 300)
        await charge(poe, "capture", 7)
        balance = (await get(poe, "current_balance")).json()
        page = await history(poe)

    (entry,) = page["data"]
    assert balance == {"current_point_balance": 231}
    assert (page["has_more"], page["length"]) == (False, 1)
    assert entry.pop("creation_time") > 1_700_000_000_000_000
    assert entry == {
        "query_id": "m-1",
        "bot_name": "MyBot",
        "usage_type": "Chat",
        "cost_points": 103,
    }


async def test_calls_of_a_script_are_listed_and_those_of_a_bot_are_not(tmp_path: Path) -> None:
    """A bot's calls belong to the query of its user."""
    async with local_poe(tmp_path) as poe:
        poe.begin(None)
        await ask(poe, bot="In-Turn")
        await ask(poe, bot="By-Script", message_id="")
        await ask(poe, bot="By-Chat", message_id="m-of-its-own")
        page = await history(poe)

    assert [(e["bot_name"], e["usage_type"]) for e in page["data"]] == [
        ("By-Chat", "API"),
        ("By-Script", "API"),
        ("MyBot", "Chat"),
    ]


async def test_pages_go_on_where_the_one_before_ended(tmp_path: Path) -> None:
    """The newest first."""
    async with local_poe(tmp_path) as poe:
        for number in range(3):
            poe.begin(None, message_id=f"m-{number}")
        first = await history(poe, "?limit=2")
        second = await history(poe, "?limit=2&starting_after=m-1")

    assert [entry["query_id"] for entry in first["data"]] == ["m-2", "m-1"]
    assert [entry["query_id"] for entry in second["data"]] == ["m-0"]
    assert (first["has_more"], second["has_more"]) == (True, False)


REFUSED = [
    ("current_balance", "", 401, "Access denied"),
    ("points_history", "", 401, "Access denied"),
    ("points_history?limit=0", KEY, 400, "limit: "),
    ("points_history?limit=101", KEY, 400, "limit: "),
    ("points_history?limit=ten", KEY, 400, "limit: "),
    ("points_history?starting_after=x", KEY, 400, "starting_after: "),
]


@pytest.mark.parametrize(("path", "key", "status", "words"), REFUSED)
async def test_what_is_wrong_is_named(
    path: str, key: str, status: int, words: str, tmp_path: Path
) -> None:
    """In the shape of the other errors of Poe's API."""
    async with local_poe(tmp_path) as poe:
        answer = await get(poe, path, key)

    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(words)
