"""A user's points, asked of a Poe: the balance, and as many queries as are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poecli.client.http import open_session
from poecli.client.platform_api import PaidQuery, PlatformApi
from poecli.config.credentials import Secret
from poecli.waiting import run_async

_LARGEST_PAGE = 100  # Poe's own limit


@dataclass(frozen=True)
class Usage:
    """The points left, queries with the newest first, and whether there are older ones."""

    balance: int
    queries: Sequence[PaidQuery]
    has_more: bool


def ask_usage(poe: str, key: Secret, limit: int | None, after: str | None) -> Usage:
    """The usage of the key's user; ``limit`` None asks for all. Raises what `PlatformApi` does."""
    return run_async(_asked(poe, key, limit, after))


async def _asked(poe: str, key: Secret, limit: int | None, after: str | None) -> Usage:
    queries: list[PaidQuery] = []
    async with open_session() as session:
        api = PlatformApi(poe, session)
        balance = await api.balance(key)
        has_more = limit is None or limit > 0
        while has_more and (limit is None or len(queries) < limit):
            wanted = _LARGEST_PAGE if limit is None else min(_LARGEST_PAGE, limit - len(queries))
            page = await api.points_history(key, wanted, after)
            queries += page.data
            # A page that is empty, or that repeats itself, would be asked for without end.
            newest = page.data[-1].query_id if page.data else after
            has_more = page.has_more and newest != after
            after = newest
    return Usage(balance, queries, has_more)
