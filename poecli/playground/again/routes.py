"""What the page asks about a kept question, below ``/_poe/api/v1``.

    POST turns/MESSAGE/replay    {"frozen"?}: ask it once more; answers with the comparison
    GET  again                   again on save: whether it is on, what was asked, what changed
    POST again                   {"on"?, "frozen"?, "chat"?}: switch it
    POST again/keep              compare later answers with the newest
    POST trigger                 {"event", "message"?, "bot"?, "set"?, "remove"?}: send an event

On the command line these are `poe replay`, `poe replay last --watch` and `poe trigger`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from poecli.errors import PoeCliError, UsageError
from poecli.playground.again.again import Again, Kept
from poecli.playground.again.compared import comparison
from poecli.playground.api import ServedProject, TriggeredEvent
from poecli.playground.requests import from_the_page, json_of, refusal
from poecli.playground.threads import Threads


class AgainRoutes:
    """The routes. ``kept`` gives the turn of an answer by its id, None where it is not kept."""

    def __init__(
        self,
        project: ServedProject,
        threads: Threads,
        again: Again,
        kept: Kept,
    ) -> None:
        self._project = project
        self._threads = threads
        self._again = again
        self._kept = kept

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """All of them, below ``prefix``."""
        return [
            web.post(f"{prefix}/turns/{{id}}/replay", from_the_page(self._post_replay)),
            web.get(f"{prefix}/again", self._get_again),
            web.post(f"{prefix}/again", from_the_page(self._post_again)),
            web.post(f"{prefix}/again/keep", from_the_page(self._post_keep)),
            web.post(f"{prefix}/trigger", from_the_page(self._post_trigger)),
        ]

    async def _post_replay(self, request: web.Request) -> web.StreamResponse:
        frozen = _flag(await json_of(request), "frozen", default=True)
        before = await self._kept(request.match_info["id"])
        if before is None:
            raise refusal(web.HTTPNotFound, "This turn is not kept.")
        turn = before.turn
        if not turn.whole:
            raise UsageError("An older version of poe kept only the last message of this turn.")
        answer, events = self._project.ask_again(turn, turn if frozen else None)
        trouble: PoeCliError | None = None
        try:
            async with contextlib.aclosing(events):
                async for _ in events:
                    pass
        except PoeCliError as error:  # what came all the same is kept
            trouble = error
        now = await self._kept(answer)
        if now is None:
            raise trouble or UsageError("The new answer was not kept.")
        told = await asyncio.to_thread(comparison, before, now)
        return web.json_response({"v": 1, **told})

    async def _get_again(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"v": 1, **self._again.as_json()})

    async def _post_again(self, request: web.Request) -> web.StreamResponse:
        body = await json_of(request)
        on = _flag(body, "on", default=self._again.is_on)
        frozen = _flag(body, "frozen", default=self._again.is_frozen)
        answer_id = self._last_answer(body["chat"]) if body.get("chat") else ""
        if on and self._project.attached_to:
            raise UsageError("Saves are seen only of a bot started by this poe dev.")
        self._again.freeze(frozen=frozen)
        self._again.switch(on=on, answer_id=answer_id)
        return await self._get_again(request)

    async def _post_keep(self, request: web.Request) -> web.StreamResponse:
        self._again.keep()
        return await self._get_again(request)

    def _last_answer(self, chat: object) -> str:
        """That of a chat which is over, "" where there is none yet."""
        try:
            messages = self._threads[str(chat)].messages
        except KeyError:
            raise refusal(web.HTTPNotFound, "There is no such chat.") from None
        over = (said.id for said in reversed(messages) if said.is_over)
        return next(over, "")

    async def _post_trigger(self, request: web.Request) -> web.StreamResponse:
        told = await self._project.trigger(_triggered(await json_of(request)))
        return web.json_response({"v": 1, **told})


def _flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """A field that is true or false. Raises UsageError."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be true or false.")
    return value


def _triggered(body: Mapping[str, Any]) -> TriggeredEvent:
    texts = {name: body.get(name) or "" for name in ("event", "bot", "message")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise UsageError(f"{name} must be a string.")
    changes, removed = body.get("set") or {}, body.get("remove") or []
    if not isinstance(changes, dict):
        raise UsageError("set must be an object: paths and values.")
    if not isinstance(removed, list) or not all(isinstance(path, str) for path in removed):
        raise UsageError("remove must be a list of paths.")
    return TriggeredEvent(**texts, set=changes, remove=tuple(removed))
