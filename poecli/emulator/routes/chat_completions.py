"""``POST /v1/chat/completions``: the same upstream bots, in OpenAI's shape.

https://creator.poe.com/docs/external-applications/openai-compatible-api
A stream can't take text back, so a replaced answer goes on after what was sent; asked for whole,
it is the replacement alone.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from poecli.dev_events import Advice, Listener
from poecli.emulator import refusals
from poecli.emulator.bots.dispatcher import Dispatcher, Events
from poecli.emulator.faults import CutConnection
from poecli.emulator.refusals import Refusal
from poecli.emulator.routes.openai_messages import query_from_body
from poecli.emulator.routes.wire import bearer_token, faults_of, origin_of, read_json, send_bytes
from poecli.errors import UsageError
from poecli.protocol import events as ev
from poecli.protocol.reply import Reply
from poecli.protocol.requests import BadRequest

_CHARACTERS_A_TOKEN = 4  # a rule of thumb: no tokenizer belongs in a stand-in
_RETRY_AFTER_SECONDS = "1"


class ChatCompletionRoutes:
    """The OpenAI-style API."""

    def __init__(self, dispatcher: Dispatcher, report: Listener) -> None:
        self._dispatcher = dispatcher
        self._report = report

    def routes(self) -> list[web.RouteDef]:
        """One endpoint."""
        return [web.post("/v1/chat/completions", self.complete)]

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer whole or as a stream, as the body asks."""
        key = bearer_token(request)
        if not key:
            message = "A call to /v1/chat/completions had no key; Poe refuses calls without one."
            self._report(Advice(message, hint=refusals.ANY_KEY))
            return _error(refusals.ACCESS_DENIED)
        try:
            asked = faults_of(request)
            body = await read_json(request)
            query = query_from_body(body)
        except (BadRequest, UsageError) as error:
            return _error(Refusal(str(error), 400, "invalid_request_error"))
        model = str(body["model"])
        events = self._dispatcher.answer(
            model, query, origin=origin_of(request), key=key, asked=asked
        )
        completion = _Completion(model, sum(len(m.content) for m in query.query))
        if body.get("stream"):
            return await _streamed(request, events, completion, _wants_usage(body))
        return await _whole(request, events, completion)


class _Completion:
    """The parts that every piece of one completion shares."""

    def __init__(self, model: str, prompt_characters: int) -> None:
        self.model = model
        self.id = f"chatcmpl-{secrets.token_hex(12)}"
        self.created = int(time.time())
        self.prompt_characters = prompt_characters

    def object(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
            **more,
        }

    def usage(self, answer_characters: int) -> dict[str, int]:
        prompt = self.prompt_characters // _CHARACTERS_A_TOKEN + 1
        answer = answer_characters // _CHARACTERS_A_TOKEN + 1
        return {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }


def _wants_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


async def _whole(
    request: web.Request, events: Events, completion: _Completion
) -> web.StreamResponse:
    reply = Reply()
    async with aclosing(events):
        try:
            async for event in events:
                reply.feed(event)
        except CutConnection:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
    if reply.error is not None:
        return _error(refusals.of_event(reply.error))
    text = reply.text + "".join(_link(file) for file in reply.files)
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if reply.tool_calls:
        message["tool_calls"] = reply.tool_calls
    reason = "tool_calls" if reply.tool_calls else "stop"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    usage = completion.usage(len(text))
    return web.json_response(completion.object("chat.completion", [choice], usage=usage))


async def _streamed(
    request: web.Request, events: Events, completion: _Completion, with_usage: bool
) -> web.StreamResponse:
    """A refusal before the first word is a status; after it, it is an error in the stream."""
    async with aclosing(events):
        first: list[ev.Event] = []
        try:
            async for event in events:
                first.append(event)
                if not isinstance(event, (ev.Meta, ev.Ping)):
                    break
        except CutConnection:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        if first and isinstance(first[-1], ev.Error):
            return _error(refusals.of_event(first[-1]))
        return await send_bytes(request, _chunks(first, events, completion, with_usage))


async def _chunks(
    first: list[ev.Event], rest: Events, completion: _Completion, with_usage: bool
) -> AsyncGenerator[bytes, None]:
    yield _piece(completion, {"role": "assistant", "content": ""})
    characters = 0
    reason = "stop"
    async for event in _chained(first, rest):
        if isinstance(event, ev.Error):
            yield _line({"error": _error_object(refusals.of_event(event))})
            return
        delta = _delta(event)
        if delta is not None:
            characters += len(delta.get("content") or "")
            reason = "tool_calls" if "tool_calls" in delta else reason
            yield _piece(completion, delta)
    yield _piece(completion, {}, reason)
    if with_usage:
        usage = completion.usage(characters)
        yield _line(completion.object("chat.completion.chunk", [], usage=usage))
    yield b"data: [DONE]\n\n"


async def _chained(first: list[ev.Event], rest: Events) -> Events:
    for event in first:
        yield event
    async for event in rest:
        yield event


def _delta(event: ev.Event) -> dict[str, Any] | None:
    """What an event adds to a streamed completion; None when nothing."""
    if isinstance(event, (ev.Text, ev.ReplaceResponse)):
        return {"content": event.text} if event.text else None
    if isinstance(event, ev.File):
        return {"content": _link(event)}
    if isinstance(event, ev.Json):
        choices = event.payload.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        delta = choice.get("delta") if isinstance(choice, Mapping) else None
        return dict(delta) if isinstance(delta, Mapping) and delta else None
    return None


def _link(file: ev.File) -> str:
    mark = "!" if file.content_type.startswith("image/") else ""
    return f"\n\n{mark}[{file.name}]({file.url})"


def _piece(completion: _Completion, delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
    return _line(completion.object("chat.completion.chunk", [choice]))


def _line(value: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _error_object(refusal: Refusal) -> dict[str, Any]:
    return {"message": refusal.text, "type": refusal.kind, "code": refusal.status}


def _error(refusal: Refusal) -> web.Response:
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if refusal is refusals.RATE_LIMITED else {}
    return web.json_response(
        {"error": _error_object(refusal)}, status=refusal.status, headers=headers
    )
