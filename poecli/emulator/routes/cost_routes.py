"""``POST /bot/cost/{bot_query_id}/authorize`` and ``/capture``.

Failures are event streams too, with ``message`` in their data: fastapi_poe reads nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from poecli.config.credentials import Secret
from poecli.config.faults import INSUFFICIENT_FUNDS
from poecli.dev_events import CostRequested, Listener
from poecli.emulator.bots.frozen import FrozenTurns
from poecli.emulator.faults import FaultInjector
from poecli.emulator.routes.wire import Refused, faults_of, read_json, send_frames
from poecli.emulator.state.costs import BadCostRequest, Balance, total_amount
from poecli.emulator.state.turns import Turns, UserTurn
from poecli.errors import UsageError
from poecli.protocol.requests import BadRequest
from poecli.protocol.sse import Frame


class CostRoutes:
    """Costs against the local balance."""

    def __init__(
        self,
        balance: Balance,
        turns: Turns,
        faults: FaultInjector,
        report: Listener,
        *,
        frozen: FrozenTurns,
    ) -> None:
        self._balance = balance
        self._turns = turns
        self._faults = faults
        self._report = report
        self._frozen = frozen

    def routes(self) -> list[web.RouteDef]:
        """The two cost endpoints."""
        return [web.post("/bot/cost/{query_id}/{kind:authorize|capture}", self.charge)]

    async def charge(self, request: web.Request) -> web.StreamResponse:
        """Authorize or capture, and say whether it worked."""
        query_id, kind = request.match_info["query_id"], request.match_info["kind"]
        try:
            asked = faults_of(request)
            body = await read_json(request)
            turn = self._turn_of(query_id, body)
            struck = self._faults.strikes(INSUFFICIENT_FUNDS, (*asked, *turn.faults))
            amount = total_amount(body)
        except (BadRequest, BadCostRequest, UsageError) as error:
            return await _failure(request, 400, str(error))
        except Refused as error:
            return await _failure(request, error.status, error.message)
        ok = not struck and self._pays(turn, kind, amount)
        left = self._balance.amount
        self._report(CostRequested(turn.message_id, kind, amount, left, ok, turn.bot))
        result = {"status": "success" if ok else "insufficient_funds"}
        return await send_frames(request, [Frame("result", json.dumps(result))])

    def _pays(self, turn: UserTurn, kind: str, amount: int) -> bool:
        if (frozen := self._frozen.around(turn)) is not None:
            return frozen.pays(kind)
        take = self._balance.authorize if kind == "authorize" else self._balance.capture
        return take(turn.bot_query_id, amount)

    def _turn_of(self, query_id: str, body: Any) -> UserTurn:
        turn = self._turns.find(bot_query_id=query_id)
        if turn is None:
            raise Refused(404, f"unknown query {query_id!r}")
        key = body.get("access_key") if isinstance(body, Mapping) else None
        if not key or turn.access_key not in (None, Secret(key)):
            raise Refused(403, f"the access key is not that of {turn.bot}")
        return turn


async def _failure(request: web.Request, status: int, message: str) -> web.StreamResponse:
    frames = [Frame("error", json.dumps({"message": message}))]
    return await send_frames(request, frames, status=status)
