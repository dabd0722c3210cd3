"""What the page asks of the server, under ``/_poe/api/v1/``.

    GET  openapi.json               all of this for programs; a test holds it against the routes
    GET  state                      what is served: bots with their settings, the generation
    GET  feed                       server-sent events: the state, then every change (`feed`)
    GET  turns/MESSAGE              one turn whole, once it is over: request, answer, events, calls
    GET  turns/MESSAGE/test         its conversation as a .chat.toml
    POST files?name=NAME            a file to attach: its bytes as the body
    GET  chats?search=WORDS         those that are kept, with words in them, also of `poe chat`
    POST pictures                   {"url"}: fetch a picture of another host
    POST chats                      {"bot"}: a new chat
    POST chats/ID/open              go on with one that is kept
    POST chats/ID/remove            take it away
    POST chats/ID/messages          {"text", "bot"?, "files"?, "parameters"?, "text_params"?}: ask
    POST chats/ID/stop              the user's Stop
    POST chats/ID/again             {"message"?}: a question once more, the last one without
    POST chats/ID/edit              {"text", "bot"?, "message"?}: another question in its place

What a request that changes something must have, says `requests`.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from poecli.client.address import BotAddress
from poecli.client.http import Session
from poecli.client.pictures import fetch_picture
from poecli.dev_events import ServedBot
from poecli.errors import UsageError
from poecli.pdf_text import pdf_text
from poecli.playground.feed import Feed, Message
from poecli.playground.kept_json import turn_json
from poecli.playground.local_poe import PoeControls
from poecli.playground.requests import from_the_page, json_of, refusal
from poecli.playground.thread import PageQuestion, Thread
from poecli.playground.threads import Threads
from poecli.protocol.attachments import parsed_content
from poecli.protocol.conversation import addressed
from poecli.protocol.events import Event
from poecli.protocol.messages import Attachment
from poecli.protocol.settings import SettingsResponse, effective
from poecli.turns.chat_toml import kept_as_test
from poecli.turns.kept import KeptTurn
from poecli.turns.reading import turn_of_answer

_LOOKS, _MOMENT = 20, 0.1  # seconds
# A file is read once; each bot gets of its text what the bot's own settings ask for.
_ASKS_FOR_ALL = effective(SettingsResponse(enable_image_comprehension=True))


@dataclass(frozen=True)
class TriggeredEvent:
    """An event of Poe's for a bot, about the answer with the id ``message``; the last one if "".

    ``set`` and ``remove`` change its body, by paths as `poe trigger` takes them.
    """

    event: str
    bot: str = ""
    message: str = ""
    set: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


class ServedProject(Protocol):
    """What the playground needs of whoever serves the bots.

    ``attached_to`` is the address of a bot server that runs elsewhere, whose process nobody here
    sees; empty for bots of this `poe dev`.
    """

    @property
    def attached_to(self) -> str: ...

    @property
    def session(self) -> Session:
        """What all questions go through."""

    @property
    def root(self) -> Path:
        """The folder below which the turns are kept."""

    @property
    def data(self) -> Path:
        """The user's folder with the chats."""

    @property
    def specs(self) -> Collection[str]:
        """What these bots may have been named by in `poe chat`: files, folders, URLs."""

    @property
    def bots(self) -> tuple[ServedBot, ...]:
        """The bots of the current generation."""

    def address_of(self, bot: ServedBot) -> BotAddress:
        """Where a bot is asked."""

    def keep_file(self, name: str, content_type: str, data: bytes) -> Attachment:
        """A file that the local Poe hands out. Raises UsageError for one that is too large."""

    def ask_again(
        self, turn: KeptTurn, frozen: KeptTurn | None
    ) -> tuple[str, AsyncGenerator[Event, None]]:
        """A kept question as a new turn: the id of the answer, and its events as they come.

        Other bots answer as in ``frozen``. Raises UsageError when the bot is not served any more.
        """

    async def trigger(self, triggered: TriggeredEvent) -> Mapping[str, Any]:
        """Send an event of Poe's: the body that was sent, the answer, the rules that it breaks.

        Raises UsageError.
        """


class Api:
    """The routes. ``state`` is the first message of a page.

    ``is_open`` tells of the id of an answer whether the dev server still passes it on.
    """

    def __init__(
        self,
        project: ServedProject,
        local_poe: PoeControls | None,
        threads: Threads,
        feed: Feed,
        *,
        state: Callable[[], Message],
        is_open: Callable[[str], bool],
    ) -> None:
        self._project = project
        self._local_poe = local_poe
        self._threads = threads
        self._feed = feed
        self._state = state
        self._is_open = is_open
        self._posted: dict[str, Attachment] = {}  # by URL, with their texts

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """All of them, below ``prefix``."""
        return [
            web.get(f"{prefix}/openapi.json", _get_openapi),
            web.get(f"{prefix}/state", self._get_state),
            web.get(f"{prefix}/feed", self._get_feed),
            web.get(f"{prefix}/turns/{{id}}", self._get_turn),
            web.get(f"{prefix}/turns/{{id}}/test", self._get_test),
            web.post(f"{prefix}/files", from_the_page(self._post_file)),
            web.get(f"{prefix}/chats", self._get_chats),
            web.post(f"{prefix}/pictures", from_the_page(self._post_picture)),
            web.post(f"{prefix}/chats", from_the_page(self._post_chat)),
            web.post(f"{prefix}/chats/{{id}}/open", from_the_page(self._post_open)),
            web.post(f"{prefix}/chats/{{id}}/remove", from_the_page(self._post_remove)),
            web.post(f"{prefix}/chats/{{id}}/messages", from_the_page(self._post_message)),
            web.post(f"{prefix}/chats/{{id}}/stop", from_the_page(self._post_stop)),
            web.post(f"{prefix}/chats/{{id}}/again", from_the_page(self._post_again)),
            web.post(f"{prefix}/chats/{{id}}/edit", from_the_page(self._post_edit)),
        ]

    async def _get_state(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"v": 1, **self._state()})

    async def _get_feed(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        try:
            async for frame in self._feed.frames(request.headers.get("Last-Event-ID", "")):
                await answer.write(frame)
        except (ConnectionResetError, BrokenPipeError):
            pass  # the page was closed
        return answer

    async def _get_turn(self, request: web.Request) -> web.StreamResponse:
        turn = await self._kept(request)
        server = self._project.attached_to or str(request.url.origin())
        return web.json_response({"v": 1, **await asyncio.to_thread(turn_json, turn, server)})

    async def _get_test(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"v": 1, "text": kept_as_test(await self._kept(request))})

    async def _kept(self, request: web.Request) -> KeptTurn:
        answer = request.match_info["id"]
        await self._threads.wait_for(answer)
        turn = None
        for _ in range(_LOOKS):  # a stopped answer is kept once the dev server sees that it is
            may_come = self._is_open(answer)
            turn = await asyncio.to_thread(turn_of_answer, self._project.root, answer)
            if turn is not None or not may_come:
                break
            await asyncio.sleep(_MOMENT)
        if turn is None:
            raise refusal(web.HTTPNotFound, "This turn is not kept.")
        return turn

    async def _post_file(self, request: web.Request) -> web.StreamResponse:
        name = request.query.get("name", "file")
        data = await request.read()
        kept = self._project.keep_file(name, request.content_type, data)
        text = await asyncio.to_thread(
            parsed_content, data, kept.content_type, kept.name, _ASKS_FOR_ALL, pdf_text=pdf_text
        )
        self._posted[kept.url] = kept.model_copy(update={"parsed_content": text})
        return web.json_response(kept.model_dump(mode="json"), status=HTTPStatus.CREATED)

    async def _get_chats(self, request: web.Request) -> web.StreamResponse:
        words = request.query.get("search", "")
        specs = [*self._project.specs, *(bot.url for bot in self._project.bots)]
        try:
            chats = await asyncio.to_thread(self._threads.kept, specs, words)
        except UsageError as error:
            raise refusal(web.HTTPServiceUnavailable, error.message) from None
        return web.json_response({"v": 1, "chats": chats})

    async def _post_open(self, request: web.Request) -> web.StreamResponse:
        thread = self._threads.resume(request.match_info["id"], self._bot(None))
        return _accepted(thread.id)

    async def _post_remove(self, request: web.Request) -> web.StreamResponse:
        await self._threads.remove(request.match_info["id"])
        return _accepted()

    async def _post_picture(self, request: web.Request) -> web.StreamResponse:
        url = (await json_of(request)).get("url")
        picture = await fetch_picture(url if isinstance(url, str) else "", here=request.host)
        data = base64.b64encode(picture.data).decode()
        return web.json_response({"v": 1, "data": f"data:{picture.content_type};base64,{data}"})

    async def _post_chat(self, request: web.Request) -> web.StreamResponse:
        thread = self._threads.new(self._bot((await json_of(request)).get("bot")))
        return web.json_response({"v": 1, "id": thread.id}, status=HTTPStatus.CREATED)

    async def _post_message(self, request: web.Request) -> web.StreamResponse:
        thread, asked = self._thread(request), await json_of(request)
        bot = asked.get("bot") or thread.bot.name
        said = await thread.ask(*self._addressed(asked, bot))
        return _accepted(said.id)

    async def _post_stop(self, request: web.Request) -> web.StreamResponse:
        await self._thread(request).stop()
        return _accepted()

    async def _post_again(self, request: web.Request) -> web.StreamResponse:
        message = str((await json_of(request)).get("message") or "")
        return _accepted((await self._thread(request).again(message)).id)

    async def _post_edit(self, request: web.Request) -> web.StreamResponse:
        thread, asked = self._thread(request), await json_of(request)
        bot = asked.get("bot") or thread.bot.name
        message = str(asked.get("message") or "")
        said = await thread.edit(*self._addressed(asked, bot), message)
        return _accepted(said.id)

    def _thread(self, request: web.Request) -> Thread:
        try:
            return self._threads[request.match_info["id"]]
        except KeyError:
            raise refusal(web.HTTPNotFound, "There is no such chat.") from None

    def _addressed(self, body: Mapping[str, Any], bot: object) -> tuple[PageQuestion, BotAddress]:
        """The question, and whom it mentions as ``@Name``, as in `poe chat`, else ``bot``."""
        asked = PageQuestion.of(body, self._posted)
        names = [bot.name for bot in self._project.bots]
        name, said = addressed(asked.text, [*names, *self._upstream()])
        return replace(asked, text=said, typed=asked.text), self._bot(name or bot)

    def _upstream(self) -> Sequence[str]:
        return self._local_poe.names() if self._local_poe is not None else ()

    def _bot(self, name: object) -> BotAddress:
        for bot in self._project.bots:
            if name in (bot.name, None):
                return self._project.address_of(bot)
        if self._local_poe is not None and name in self._upstream():
            return self._local_poe.address_of(str(name))
        if not self._project.bots:
            raise UsageError("No bot is loaded yet.")
        raise UsageError(f"No bot {name!r} is served here.")


async def _get_openapi(_request: web.Request) -> web.StreamResponse:
    description = files("poecli.playground").joinpath("openapi.json").read_bytes()
    return web.Response(body=description, content_type="application/json")


def _accepted(id: str = "") -> web.Response:
    return web.json_response({"v": 1, "id": id}, status=HTTPStatus.ACCEPTED)
