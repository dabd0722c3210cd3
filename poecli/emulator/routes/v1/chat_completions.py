"""``POST /v1/chat/completions``, the older of OpenAI's two APIs.

https://creator.poe.com/docs/external-applications/openai-compatible-api
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from poecli.emulator.refusals import Refusal
from poecli.emulator.routes.v1.chat_body import FIELDS, query_from_chat
from poecli.emulator.routes.v1.dialect import (
    ArgumentsPiece,
    Asked,
    CallPiece,
    Piece,
    TextPiece,
    new_id,
    prompt_characters,
    tokens,
)
from poecli.emulator.routes.v1.fields import named_model
from poecli.protocol.sse import Frame


def openai_error(refusal: Refusal) -> dict[str, Any]:
    """A refusal as both of OpenAI's APIs say it; on Poe ``code`` is the status."""
    error = {"message": refusal.text, "type": refusal.kind, "code": refusal.status}
    return {"error": {**error, "param": refusal.field}}


class ChatCompletions:
    """The dialect."""

    path = "/v1/chat/completions"

    def read(self, body: Any, headers: Mapping[str, str]) -> Asked:
        """Raises BadRequest."""
        del headers
        fields, model = named_model(body)
        query = query_from_chat(fields)
        usage = fields.object("stream_options").flag("include_usage")
        writer = _CompletionWriter(model, prompt_characters(query), with_usage=usage)
        return Asked(model, query, fields.flag("stream"), writer, fields.beyond(FIELDS))

    def error(self, refusal: Refusal) -> dict[str, Any]:
        return openai_error(refusal)


class _CompletionWriter:
    """Chunks, or one completion."""

    def __init__(self, model: str, prompt: int, *, with_usage: bool) -> None:
        self._shared = {"id": new_id("chatcmpl-"), "created": int(time.time()), "model": model}
        self._prompt = prompt
        self._with_usage = with_usage
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}

    def begin(self) -> list[Frame]:
        return [self._chunk({"role": "assistant", "content": ""})]

    def add(self, piece: Piece) -> list[Frame]:
        if isinstance(piece, TextPiece):
            self._text.append(piece.text)
            return [self._chunk({"content": piece.text})]
        if isinstance(piece, CallPiece):
            function = {"name": piece.name, "arguments": ""}
            call = {"id": piece.id, "type": "function", "function": function}
            self._calls[piece.number] = call
            return [self._chunk({"tool_calls": [{"index": piece.number, **call}]})]
        self._calls[piece.number]["function"]["arguments"] += piece.text
        return [self._chunk({"tool_calls": [_arguments(piece)]})]

    def end(self) -> list[Frame]:
        frames = [self._chunk({}, self._reason)]
        if self._with_usage:
            frames.append(_frame(self._object("chat.completion.chunk", [], usage=self._usage())))
        return [*frames, Frame(data="[DONE]")]

    def fail(self, refusal: Refusal) -> list[Frame]:
        return [_frame(openai_error(refusal))]

    def whole(self) -> dict[str, Any]:
        text = "".join(self._text)
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if self._calls:
            message["tool_calls"] = list(self._calls.values())
        choice = {"index": 0, "message": message, "finish_reason": self._reason, "logprobs": None}
        return self._object("chat.completion", [choice], usage=self._usage())

    @property
    def _reason(self) -> str:
        return "tool_calls" if self._calls else "stop"

    def _usage(self) -> dict[str, int]:
        prompt = tokens(self._prompt)
        arguments = sum(len(call["function"]["arguments"]) for call in self._calls.values())
        answer = tokens(sum(map(len, self._text)) + arguments)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> Frame:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _frame(self._object("chat.completion.chunk", [choice]))

    def _object(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {"object": kind, **self._shared, "choices": choices, **more}


def _arguments(piece: ArgumentsPiece) -> dict[str, Any]:
    return {"index": piece.number, "function": {"arguments": piece.text}}


def _frame(value: Mapping[str, Any]) -> Frame:
    return Frame(data=json.dumps(value, ensure_ascii=False))
