"""Tool calls within an answer: read from ``json`` events, run, and sent back.

https://creator.poe.com/docs/server-bots/openai-function-calling
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poecli.client.partial import FunctionDelta, PartialResponse, ToolCallDelta
from poecli.errors import BadAnswer, UsageError
from poecli.protocol.messages import ToolCall, ToolDefinition, ToolResult
from poecli.protocol.reply import CallNumbers, tool_arguments

ToolFunction = Callable[..., Any]
Dumpable = Any  # a pydantic model (ours or fastapi_poe's) or a plain dict


def as_dict(value: Dumpable) -> dict[str, Any]:
    """A message or a definition as a dict. Raises UsageError for what is neither model nor dict."""
    if isinstance(value, Mapping):
        return dict(value)
    dump = getattr(value, "model_dump", None)
    if not callable(dump):
        raise UsageError(
            f"A {type(value).__name__} is neither a message nor a tool definition.",
            hint="Pass fastapi_poe's types, poecli.protocol's, or dicts of the same keys.",
        )
    dumped: dict[str, Any] = dump()
    return dumped


@dataclass(frozen=True)
class Delta:
    """What one ``json`` chunk holds: text, deltas of tool calls, or the reason of its end."""

    content: str | None = None
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finished: bool = False


def delta_of(payload: Mapping[str, Any], numbers: CallNumbers) -> Delta | None:
    """The first choice of an OpenAI-style chunk; None for any other object."""
    choices = payload.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    if choices[0].get("finish_reason") is not None:
        return Delta(finished=True)
    delta = choices[0].get("delta")
    if not isinstance(delta, dict):
        return Delta()
    calls = delta.get("tool_calls")
    if isinstance(calls, list):
        deltas = [call for call in calls if isinstance(call, dict)]
        return Delta(tool_calls=tuple(_call_delta(call, numbers.of(call)) for call in deltas))
    content = delta.get("content")
    return Delta(content=content if isinstance(content, str) else None)


def _call_delta(call: Mapping[str, Any], index: int) -> ToolCallDelta:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    return ToolCallDelta(
        index=index,
        id=call.get("id"),
        type=call.get("type"),
        function=FunctionDelta(function.get("name"), function.get("arguments") or ""),
    )


def with_tools(piece: PartialResponse, numbers: CallNumbers) -> PartialResponse | None:
    """A piece as a caller that offered tools sees it; None when the chunk says nothing to it.

    ``numbers`` are those of one answer's calls.
    """
    delta = delta_of(piece.data, numbers) if piece.data is not None else None
    if delta is None:
        return piece
    if delta.tool_calls:
        return PartialResponse("", tool_calls=delta.tool_calls, index=piece.index)
    if delta.content is not None:
        return PartialResponse(delta.content, index=piece.index)
    return None


def definitions(tools: Sequence[Dumpable] | None) -> list[ToolDefinition] | None:
    """The tools a caller offers, in the protocol's form."""
    if tools is None:
        return None
    return [ToolDefinition.model_validate(as_dict(tool)) for tool in tools]


async def run_calls(
    calls: Sequence[Mapping[str, Any]], functions: Sequence[ToolFunction]
) -> tuple[list[ToolCall], list[ToolResult]]:
    """Run each call with the function of its name; the calls and their results, in order.

    Raises BadAnswer for a call no function was offered for, or whose arguments are no JSON object.
    What a function raises passes unchanged: it is the caller's own code.
    """
    by_name = {function.__name__: function for function in functions}
    made = [ToolCall.model_validate(call) for call in calls]
    results = [await _run(call, by_name) for call in made]
    return made, results


async def _run(call: ToolCall, by_name: Mapping[str, ToolFunction]) -> ToolResult:
    name = call.function.name
    if name not in by_name:
        raise BadAnswer(
            f"The model called a tool that was not offered: {name!r}.",
            why=f"Offered: {', '.join(sorted(by_name)) or 'none'}.",
        )
    try:
        arguments = tool_arguments(call.model_dump())
    except (ValueError, TypeError) as error:
        raise BadAnswer(
            f"The model's call of {name!r} has arguments that can't be used.", why=str(error)
        ) from error
    content = by_name[name](**arguments)
    if inspect.isawaitable(content):
        content = await content
    return ToolResult(tool_call_id=call.id, name=name, content=json.dumps(content))
