"""``GET /usage/current_balance`` and ``/usage/points_history``: what is left, and what it cost.

https://creator.poe.com/docs/resources/usage-api
"""

from __future__ import annotations

from aiohttp import web

from poecli.emulator import refusals
from poecli.emulator.routes.v1.chat_completions import openai_error
from poecli.emulator.routes.wire import bearer_token
from poecli.emulator.state.costs import Balance
from poecli.emulator.state.usage import UsageLog
from poecli.protocol.prices import points

_DEFAULT_LIMIT, _LARGEST_LIMIT = "20", 100


class UsageRoutes:
    """The user's points."""

    def __init__(self, balance: Balance, usage: UsageLog) -> None:
        self._balance = balance
        self._usage = usage

    def routes(self) -> list[web.RouteDef]:
        """Both endpoints."""
        return [
            web.get("/usage/current_balance", self.balance),
            web.get("/usage/points_history", self.history),
        ]

    async def balance(self, request: web.Request) -> web.Response:
        """The points left."""
        if not bearer_token(request):
            return _refused(refusals.ACCESS_DENIED)
        return web.json_response({"current_point_balance": points(self._balance.amount)})

    async def history(self, request: web.Request) -> web.Response:
        """One page of queries, the newest first."""
        if not bearer_token(request):
            return _refused(refusals.ACCESS_DENIED)
        limit = request.query.get("limit", _DEFAULT_LIMIT)
        number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 0  # noqa: PLR2004 - int() refuses 4,301 digits
        if not 1 <= number <= _LARGEST_LIMIT:
            words = f"limit: must be a whole number from 1 to {_LARGEST_LIMIT}"
            return _refused(refusals.by_status(400, words))
        page = self._usage.page(number, request.query.get("starting_after"))
        if page is None:
            words = "starting_after: must be the query_id of an entry"
            return _refused(refusals.by_status(400, words))
        return web.json_response(page)


def _refused(refusal: refusals.Refusal) -> web.Response:
    return web.json_response(openai_error(refusal), status=refusal.status)
