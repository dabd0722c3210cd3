"""``POST /v1/messages``: Anthropic's API, for Claude's models alone, as on Poe.

https://creator.poe.com/docs/external-applications/anthropic-compatible-api
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from poecli.emulator.refusals import Refusal
from poecli.emulator.routes.v1.dialect import (
    Asked,
    CallPiece,
    Piece,
    TextPiece,
    new_id,
    prompt_characters,
    tokens,
)
from poecli.emulator.routes.v1.fields import BadField, named_model
from poecli.emulator.routes.v1.message_body import query_from_message
from poecli.emulator.routes.wire import Refused
from poecli.protocol.foreign_json import loads
from poecli.protocol.sse import Frame

# Where Anthropic has another name for a refusal.
_KINDS = {"insufficient_credits": "billing_error", "server_error": "api_error"}
_DATE = re.compile(r"-(20\d{6}|latest)\Z")


class Messages:
    """The dialect. ``handles`` are the bots that a model's name may mean."""

    path = "/v1/messages"

    def __init__(self, handles: Callable[[], Iterable[str]]) -> None:
        self._handles = handles

    def read(self, body: Any, headers: Mapping[str, str]) -> Asked:
        """Raises BadRequest, and Refused for any other bot."""
        if not headers.get("anthropic-version"):
            raise BadField("anthropic-version", "header is required")
        fields, model = named_model(body)
        query = query_from_message(fields)
        writer = _MessageWriter(model, prompt_characters(query))
        return Asked(self._bot_of(model), query, fields.flag("stream"), writer)

    def error(self, refusal: Refusal) -> dict[str, Any]:
        return {"type": "error", "error": _said(refusal)}

    def _bot_of(self, model: str) -> str:
        """The handle of a model: "claude-sonnet-4-5-20250929" is the bot Claude-Sonnet-4.5."""
        words = _words(model)
        if "claude" not in words:
            raise Refused(
                404,
                f"model: {model[:100]}: {self.path} answers for Claude models only; "
                "ask any other bot at /v1/chat/completions",
            )
        return next((bot for bot in self._handles() if _words(bot) == words), model)


def _said(refusal: Refusal) -> dict[str, str]:
    return {"type": _KINDS.get(refusal.kind, refusal.kind), "message": refusal.text}


def _words(model: str) -> list[str]:
    """The parts of a model's name, whatever their order: Poe and Anthropic differ there."""
    return sorted(re.split(r"[-.]", _DATE.sub("", model.lower())))


class _MessageWriter:
    """Typed events, or one message. At most one block is open at a time."""

    def __init__(self, model: str, prompt: int) -> None:
        self._prompt = prompt
        self._shared = {"id": new_id("msg_"), "type": "message", "role": "assistant"}
        self._model = model
        self._blocks: list[dict[str, Any]] = []
        self._calls: dict[int, int] = {}  # the number of a call -> its place among the blocks
        self._open: int | None = None

    def begin(self) -> list[Frame]:
        message = self._message([], None, 1)
        return [_event("message_start", message=message), _event("ping")]

    def add(self, piece: Piece) -> list[Frame]:
        if isinstance(piece, TextPiece):
            frames = self._open_text()
            place = self._open or 0
            self._blocks[place]["text"] += piece.text
            return [*frames, _delta(place, "text_delta", text=piece.text)]
        if isinstance(piece, CallPiece):
            frames = self._close()
            self._calls[piece.number] = len(self._blocks)
            block = {"type": "tool_use", "id": piece.id, "name": piece.name, "input": ""}
            return [*frames, self._begin_block(block, {**block, "input": {}})]
        place = self._calls[piece.number]
        self._blocks[place]["input"] += piece.text
        return [_delta(place, "input_json_delta", partial_json=piece.text)]

    def end(self) -> list[Frame]:
        delta = {"stop_reason": self._reason, "stop_sequence": None}
        usage = {"output_tokens": self._answer_tokens()}
        last = _event("message_delta", delta=delta, usage=usage)
        return [*self._close(), last, _event("message_stop")]

    def fail(self, refusal: Refusal) -> list[Frame]:
        return [_event("error", error=_said(refusal))]

    def whole(self) -> dict[str, Any]:
        content = [_as_content(block) for block in self._blocks]
        return self._message(content, self._reason, self._answer_tokens())

    @property
    def _reason(self) -> str:
        return "tool_use" if self._calls else "end_turn"

    def _message(
        self, content: list[dict[str, Any]], reason: str | None, answer: int
    ) -> dict[str, Any]:
        usage = {
            "input_tokens": tokens(self._prompt),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": answer,
        }
        return {
            **self._shared,
            "model": self._model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": usage,
        }

    def _answer_tokens(self) -> int:
        return tokens(sum(len(block.get("text", block.get("input", ""))) for block in self._blocks))

    def _open_text(self) -> list[Frame]:
        if self._open is not None and self._blocks[self._open]["type"] == "text":
            return []
        block = {"type": "text", "text": ""}
        return [*self._close(), self._begin_block(block, block)]

    def _begin_block(self, block: dict[str, Any], shown: Mapping[str, Any]) -> Frame:
        self._open = len(self._blocks)
        self._blocks.append(block)
        return _event("content_block_start", index=self._open, content_block=shown)

    def _close(self) -> list[Frame]:
        if self._open is None:
            return []
        place, self._open = self._open, None
        return [_event("content_block_stop", index=place)]


def _as_content(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of a whole message: the input of a call is an object there, not its JSON text."""
    if block["type"] == "text":
        return dict(block)
    try:
        arguments = loads(block["input"] or "{}")
    except ValueError:
        arguments = None
    # Anthropic knows no other input than an object; a bot may have written anything.
    return {**block, "input": arguments if isinstance(arguments, dict) else {}}


def _delta(place: int, kind: str, **values: str) -> Frame:
    return _event("content_block_delta", index=place, delta={"type": kind, **values})


def _event(kind: str, **values: Any) -> Frame:
    return Frame(kind, json.dumps({"type": kind, **values}, ensure_ascii=False))
