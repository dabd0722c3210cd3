"""``POST /v1/responses``, the newer of OpenAI's two APIs.

https://creator.poe.com/docs/external-applications/responses-api
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from poecli.emulator.refusals import Refusal
from poecli.emulator.routes.v1.chat_completions import openai_error
from poecli.emulator.routes.v1.dialect import (
    Asked,
    CallPiece,
    Piece,
    TextPiece,
    new_id,
    prompt_characters,
    tokens,
)
from poecli.emulator.routes.v1.fields import Fields, named_model
from poecli.emulator.routes.v1.kept_responses import KeptResponses
from poecli.emulator.routes.v1.response_body import FIELDS, input_items, query_from_items
from poecli.protocol.sse import Frame

# What a response says of itself where the body did not.
_DEFAULTS: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}


class Responses:
    """The dialect."""

    path = "/v1/responses"

    def __init__(self, kept: KeptResponses) -> None:
        self._kept = kept

    def read(self, body: Any, headers: Mapping[str, str]) -> Asked:
        """Raises BadRequest."""
        del headers
        fields, model = named_model(body)
        items = input_items(fields)
        earlier = self._earlier(fields)
        query = query_from_items(fields, earlier, items)
        echoed = {name: value for name in _DEFAULTS if (value := body.get(name)) is not None}
        previous = fields.text("previous_response_id")
        stored = fields.flag("store", default=True)

        def keep(id: str, output: list[Any]) -> None:
            if stored:
                self._kept.keep(id, previous, [*items, *output])

        said = {"model": model, **_DEFAULTS, **echoed}
        writer = _ResponseWriter(said, prompt_characters(query), keep)
        return Asked(model, query, fields.flag("stream"), writer, fields.beyond(FIELDS))

    def error(self, refusal: Refusal) -> dict[str, Any]:
        return openai_error(refusal)

    def _earlier(self, fields: Fields) -> list[Any]:
        previous = fields.find("previous_response_id")
        items = self._kept.conversation(previous.text()) if previous else []
        if previous and items is None:
            raise previous.refused(
                f"Previous response with id {previous.value!r} not found. The local Poe keeps "
                "recent ones until it ends, and none that was asked for with store false."
            )
        return items or []


class _ResponseWriter:
    """Typed events, or one response. At most one item of text is open at a time."""

    def __init__(
        self, fields: Mapping[str, Any], prompt: int, keep: Callable[[str, list[Any]], None]
    ) -> None:
        self._keep = keep
        self._id = new_id("resp_")
        self._fields = {"created_at": int(time.time()), "background": False, **fields}
        self._prompt = prompt
        self._output: list[dict[str, Any]] = []
        self._calls: dict[int, int] = {}  # the number of a call -> its place in the output
        self._open: int | None = None
        self._sent = 0

    def begin(self) -> list[Frame]:
        response = self._response("in_progress")
        return [
            self._event("response.created", response=response),
            self._event("response.in_progress", response=response),
        ]

    def add(self, piece: Piece) -> list[Frame]:
        if isinstance(piece, TextPiece):
            frames = self._open_text()
            place = self._open or 0
            self._output[place]["content"][0]["text"] += piece.text
            at = self._at_text(place)
            return [
                *frames,
                self._event("response.output_text.delta", **at, delta=piece.text, logprobs=[]),
            ]
        if isinstance(piece, CallPiece):
            frames = self._close()
            self._calls[piece.number] = len(self._output)
            call = {"call_id": piece.id, "name": piece.name, "arguments": ""}
            return [*frames, self._begin_item({"type": "function_call", **call}, "fc_")]
        place = self._calls[piece.number]
        item = self._output[place]
        item["arguments"] += piece.text
        kind = "response.function_call_arguments.delta"
        return [self._event(kind, item_id=item["id"], output_index=place, delta=piece.text)]

    def end(self) -> list[Frame]:
        frames = self._close()
        self._keep(self._id, self._output)
        return [*frames, self._event("response.completed", response=self.whole())]

    def fail(self, refusal: Refusal) -> list[Frame]:
        error = {"code": refusal.kind, "message": refusal.text}
        return [self._event("response.failed", response=self._response("failed", error=error))]

    def whole(self) -> dict[str, Any]:
        prompt, answer = tokens(self._prompt), tokens(sum(map(_characters, self._output)))
        usage = {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": answer,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + answer,
        }
        return self._response("completed", usage=usage, completed_at=int(time.time()))

    def _open_text(self) -> list[Frame]:
        if self._open is not None and self._output[self._open]["type"] == "message":
            return []
        frames = self._close()
        item = {"type": "message", "role": "assistant", "content": []}
        frames.append(self._begin_item(item, "msg_"))
        place = len(self._output) - 1
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        self._output[place]["content"] = [part]
        frames.append(self._event("response.content_part.added", **self._at_text(place), part=part))
        return frames

    def _begin_item(self, item: dict[str, Any], prefix: str) -> Frame:
        place = self._open = len(self._output)
        self._output.append({"id": new_id(prefix), "status": "in_progress", **item})
        kind = "response.output_item.added"
        return self._event(kind, output_index=place, item=self._output[place])

    def _close(self) -> list[Frame]:
        """The item that is open is complete."""
        if self._open is None:
            return []
        place, self._open = self._open, None
        item = self._output[place]
        item["status"] = "completed"
        if item["type"] == "message":
            part = item["content"][0]
            at = self._at_text(place)
            done = [
                self._event("response.output_text.done", **at, text=part["text"], logprobs=[]),
                self._event("response.content_part.done", **at, part=part),
            ]
        else:
            at = {"item_id": item["id"], "output_index": place}
            said = {"name": item["name"], "arguments": item["arguments"]}
            done = [self._event("response.function_call_arguments.done", **at, **said)]
        return [*done, self._event("response.output_item.done", output_index=place, item=item)]

    def _at_text(self, place: int) -> dict[str, Any]:
        return {"item_id": self._output[place]["id"], "output_index": place, "content_index": 0}

    def _response(self, status: str, **more: Any) -> dict[str, Any]:
        parts = {"error": None, "incomplete_details": None, "usage": None, **more}
        return {
            "id": self._id,
            "object": "response",
            **self._fields,
            "status": status,
            "output": self._output,
            **parts,
        }

    def _event(self, kind: str, **values: Any) -> Frame:
        event = {"type": kind, "sequence_number": self._sent, **values}
        self._sent += 1
        return Frame(kind, json.dumps(event, ensure_ascii=False))


def _characters(item: Mapping[str, Any]) -> int:
    return len(item["content"][0]["text"] if item["type"] == "message" else item["arguments"])
