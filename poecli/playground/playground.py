"""The playground as one thing: mount `routes`, tell it every event with `hear`, `close` it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from poecli.dev_events import (
    Attached,
    BotRaised,
    CostRequested,
    DevEvent,
    Notice,
    Ready,
    Reloaded,
    ServedBot,
    TurnEnded,
    TurnProgress,
    TurnsCounted,
    TurnStarted,
    UpstreamEnded,
    UpstreamStarted,
    WorkerDied,
)
from poecli.errors import PoeCliError, UsageError
from poecli.playground.again.again import Again
from poecli.playground.again.compared import AskedTurn
from poecli.playground.again.routes import AgainRoutes
from poecli.playground.api import Api, ServedProject
from poecli.playground.earlier_turns import views_of
from poecli.playground.feed import Feed, Message, Paced
from poecli.playground.keeping import Keeping
from poecli.playground.local_poe import LocalPoeApi, PoeControls
from poecli.playground.pages import page_routes
from poecli.playground.threads import Threads
from poecli.playground.turns import MOST_TURNS, TurnView, TurnViews
from poecli.protocol import limits
from poecli.protocol.prices import with_points
from poecli.protocol.settings import SettingsResponse, effective
from poecli.turns.reading import last_turns, turn_of_answer

PREFIX = "/_poe"
_LIMITS = {
    "first_event": limits.FIRST_EVENT_SECONDS.value,
    "answer": limits.ANSWER_SECONDS.value,
    "characters": limits.ANSWER_CHARACTERS.value,
    "events": limits.ANSWER_EVENTS.value,
    "calls": limits.BOT_CALLS_PER_MESSAGE.value,
    "files": limits.FILES_PER_MESSAGE.value,
}
_EARLIER_TURNS = 50  # of earlier runs: each page begins with all of them
_OF_TURNS = (TurnStarted, TurnProgress, TurnEnded)  # nearly all there is to hear
_CHANGES_LOCAL_POE = (Ready, Reloaded, UpstreamStarted, UpstreamEnded, CostRequested)


class Playground:
    """One page's server side; any number of browsers may look.

    A bot elsewhere has no ``local_poe`` beside it.
    """

    def __init__(self, project: ServedProject, local_poe: PoeControls | None = None) -> None:
        self._project = project
        self._local_poe = local_poe
        self._feed = Feed(self._everything, self._restored)
        self._local_changes = Paced(self._feed, seconds=0.5)
        # Nobody reads more than 10 turns a second; one's own must not wait for a rush of others.
        self._turn_changes, self._own_turn_changes = (
            Paced(self._feed, seconds=0.05, most=MOST_TURNS) for _ in range(2)
        )
        keeping = Keeping(project.data, self._warn)
        self._threads = Threads(self._tell_of_chats, lambda: project.session, keeping)
        self._turns = TurnViews(self._turn_changed)
        self._generation = 0
        self._runs_on = ""
        self._broken: dict[str, Any] | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._api = Api(
            project,
            local_poe,
            self._threads,
            self._feed,
            state=self._state,
            is_open=self._turns.is_open,
        )
        self._again = Again(project, self._feed.publish, self._asked)

    async def _restore(self) -> None:
        """Take in the turns of earlier runs, when a page first looks."""
        with contextlib.suppress(UsageError):  # they can't be read: those of this run can be shown
            turns = await asyncio.to_thread(last_turns, self._project.root, _EARLIER_TURNS)
            self._turns.restore(views_of(turns))

    async def _restored(self) -> None:
        """Once they are there, and the answers of the chats are made ready."""
        self._restoring = self._restoring or asyncio.create_task(self._restore())
        await asyncio.shield(self._restoring)
        await self._threads.prepare()

    def routes(self) -> list[web.RouteDef]:
        """The page and its API."""
        api = f"{PREFIX}/api/v1"
        again = AgainRoutes(self._project, self._threads, self._again, self._asked)
        routes = [*page_routes(PREFIX), *self._api.routes(api), *again.routes(api)]
        if self._local_poe is not None:
            routes += LocalPoeApi(self._local_poe, self._publish_local_poe).routes(api)
        return routes

    @property
    def awaits_saves(self) -> bool:
        """Whether a question follows the next save at once."""
        return self._again.awaits_saves

    def hear(self, event: DevEvent) -> None:
        """What happens beside the bots. Call it on the event loop."""
        if isinstance(event, _OF_TURNS):
            self._turns.hear(event)
            return
        if isinstance(event, _CHANGES_LOCAL_POE):
            self._change_local_poe()
        if isinstance(event, Ready):
            self._generation, self._runs_on = event.generation, event.runs_on
            self._publish_state()
            self._again.reloaded(event.generation)
        elif isinstance(event, Attached):
            self._publish_state()
        elif isinstance(event, Reloaded):
            self._reloaded(event)
        elif isinstance(event, WorkerDied):
            self._feed.publish({"type": "died", "how": event.how, "output": event.last_output})
        elif isinstance(event, TurnsCounted):
            self._feed.publish({"type": "counted", "count": event.count})
        elif isinstance(event, Notice):
            self._feed.publish({"type": "notice", "text": event.text, "warning": event.warning})
            self._turns.hear(event)
        else:
            if isinstance(event, BotRaised) and not self._turns.shows(event.turn):
                self._feed.publish(
                    {"type": "notice", "text": event.message, "warning": True, "place": event.place}
                )
            self._turns.hear(event)

    async def _asked(self, answer: str) -> AskedTurn | None:
        """The kept turn of an answer, by its id; None where there is none."""
        turn = await asyncio.to_thread(turn_of_answer, self._project.root, answer)
        return None if turn is None else AskedTurn(turn, self._turns.generation_of(answer))

    async def close(self) -> None:
        """End the streams of all pages, and what they asked."""
        self._feed.close()
        await self._again.close()
        await self._threads.close()

    def _warn(self, text: str) -> None:
        self._feed.publish({"type": "notice", "text": text, "warning": True})

    def _reloaded(self, event: Reloaded) -> None:
        if event.ok:
            self._generation, self._broken = event.generation, None
        else:
            self._broken = _as_json(event.error, event.files)
        self._publish_state()
        if event.ok:
            self._again.reloaded(event.generation)

    def _tell_of_chats(self, message: Message) -> None:
        self._feed.publish(message)
        if message["type"] == "said" and message["role"] == "bot" and message["state"] != "running":
            self._again.answered(message["id"])

    def _publish_state(self) -> None:
        self._feed.publish({"type": "state", **self._state()})

    def _state(self) -> Message:
        return {
            "generation": self._generation,
            "runs_on": self._runs_on,
            "attached_to": self._project.attached_to,
            "broken": self._broken,
            "limits": _LIMITS,
            "bots": [_bot(bot) for bot in self._project.bots],
        }

    def _everything(self) -> list[Message]:
        return [
            {"type": "begin"},
            {"type": "state", **self._state()},
            *self._local_state(),
            *(_turn_message(turn) for turn in self._turns.all),
            *self._threads.state(),
            *self._again.state(),
            {"type": "ready"},
        ]

    def _change_local_poe(self) -> None:
        if self._local_poe is not None:
            self._local_changes.changed("local", partial(_local_message, self._local_poe))

    def _publish_local_poe(self) -> None:
        """At once: the author set it."""
        for state in self._local_state():
            self._feed.publish(state)

    def _local_state(self) -> list[Message]:
        return [] if self._local_poe is None else [_local_message(self._local_poe)]

    def _turn_changed(self, turn: TurnView) -> None:
        if not self._feed.has_pages:
            return
        is_own = self._threads.hold(turn.message_id)
        changes = self._own_turn_changes if is_own else self._turn_changes
        changes.changed(turn.number, partial(_turn_message, turn))


def _local_message(poe: PoeControls) -> Message:
    return {"type": "local", **poe.state()}


def _turn_message(turn: TurnView) -> Message:
    return {"type": "turn", **turn.as_json()}


def _as_json(error: PoeCliError | None, files: tuple[str, ...]) -> dict[str, Any]:
    if error is None:
        return {"message": "The change could not be loaded.", "files": files}
    told = {"message": error.message, "why": error.why, "hint": error.hint}
    return {**told, "traceback": error.detail, "files": files}


def _bot(bot: ServedBot) -> Mapping[str, Any]:
    settings = dict(bot.settings)
    failure, label, card = bot.failure, settings.get("cost_label"), settings.get("rate_card")
    return {
        "name": bot.name,
        "path": bot.path,
        "url": bot.url,
        "settings": settings,
        "introduction": _rendered(settings.get("introduction_message")),
        "rate_card": _rendered(with_points(card) if isinstance(card, str) else None),
        "cost_label": with_points(label) if isinstance(label, str) else "",
        "allow_attachments": _allows_attachments(settings),
        "failure": None if failure is None else _as_json(failure, ()),
    }


def _allows_attachments(settings: Mapping[str, Any]) -> bool:
    """As Poe takes it: what is not said depends on the version of the answer."""
    try:
        return effective(SettingsResponse.model_validate(settings)).allow_attachments
    except ValidationError:
        return False


def _rendered(text: object) -> list[str]:
    if not isinstance(text, str):
        return []
    from poecli.playground.markdown.stream import render  # noqa: PLC0415 - see there

    return render(text)
